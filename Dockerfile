# The container image, for whoever has an engine: docker build -t localhost/agentic-ops:0.1.0 .
# image/build makes the same without one. What the image holds is said in image/rootfs.
FROM rust:1-bookworm AS build
WORKDIR /src
COPY . .
RUN cargo build --release --locked && strip target/release/agentic-ops \
 && apt-get update && image/rootfs target/release/agentic-ops /root-of-image

FROM scratch
COPY --from=build /root-of-image /
USER 65532:65532
EXPOSE 8180
ENTRYPOINT ["/usr/bin/agentic-ops"]
