# Versions of the programs that the tests are run with, each in this one place. Sourced.
KUBERNETES=v1.36.2 # kubectl too; its libraries carry the same version, as v0.36.2
KINE=v0.17.5
HELM_VERSION=v4.3.1
FLUX=v1.7.3 # both controllers
CARGO_DENY=0.20.2
