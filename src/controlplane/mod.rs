//! A small Kubernetes-compatible API server over SQLite, in this process.
