# The container image for whoever has an engine, from the root file system that image/rootfs makes. There is no foreign base image, so
# there is none to pin: the program is built on this machine, and everything else comes from Debian packages.
#
#   cargo build --release --locked && strip -o target/agentic-ops target/release/agentic-ops
#   image/rootfs target/agentic-ops target/rootfs
#   docker build -t localhost/agentic-ops:0.1.0 -f Dockerfile target/rootfs
#
# image/build makes the same without an engine. What the image holds is said in image/rootfs.
FROM scratch
COPY . /
USER 65532:65532
EXPOSE 8180
ENTRYPOINT ["/usr/bin/agentic-ops"]
