# Two stages: one that builds as a developer does, and an image of the program with its libraries and nothing else.
FROM debian:12-slim AS build
WORKDIR /src
# What is installed changes seldom: layers of their own.
COPY script/bootstrap script/
COPY web/package.json web/package-lock.json web/
COPY web/docs/package.json web/docs/package-lock.json web/docs/
RUN apt-get update && script/bootstrap build && rm -rf /var/lib/apt/lists/*
COPY . .
RUN tools/build release github-events-monitor \
    && deploy/container/rootfs build/release/src/github-events-monitor /image

FROM scratch
COPY --from=build /image/ /
COPY --from=build --chown=65532:65532 /image/data /data
USER 65532:65532
ENV API_HOST=0.0.0.0 API_PORT=8000 DATABASE_PATH=/data/events.db
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=6s --start-period=10s CMD ["/usr/bin/github-events-monitor", "health"]
ENTRYPOINT ["/usr/bin/github-events-monitor"]
CMD ["serve"]
