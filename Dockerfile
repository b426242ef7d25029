# The container image, built from this repository: docker build -t localhost/agentic-ops:0.1.0 .
#
# The image that results has no base image: it has what image/rootfs puts into it, which that script describes. Only the build uses
# an image, with the compiler of rust-toolchain.toml. image/build makes the same without a container engine and without any image.
FROM docker.io/library/rust:1.95.0-bookworm AS build
# The compiler of the image: rust-toolchain.toml also names tools that the build does not need.
ENV RUSTUP_TOOLCHAIN=1.95.0
WORKDIR /src
COPY Cargo.toml Cargo.lock ./
COPY .cargo .cargo
COPY src src
COPY build build
# Cargo wants the files of all targets to be there.
COPY benches/watch/main.rs benches/watch/main.rs
COPY tests/main.rs tests/main.rs
RUN --mount=type=cache,target=/usr/local/cargo/registry --mount=type=cache,target=/src/target \
    cargo build --release --locked && strip -o /agentic-ops target/release/agentic-ops
COPY image image
COPY registry.yaml registry.yaml
COPY specs specs
# The data directory is copied apart: only its owner is not root.
RUN apt-get update -qq && image/rootfs /agentic-ops /rootfs && mv /rootfs/data /data

FROM scratch
COPY --from=build /rootfs /
COPY --from=build --chown=65532:65532 /data /data
USER 65532:65532
ENV PATH=/usr/bin
# The facade, and the panel of staging.
EXPOSE 8180 8192
ENTRYPOINT ["/usr/bin/agentic-ops"]
