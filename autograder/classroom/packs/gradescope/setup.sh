#!/usr/bin/env bash
# Gradescope runs this once, as root, when it builds the image; this folder is /autograder/source.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
export DEBIAN_FRONTEND=noninteractive UV_PYTHON_INSTALL_DIR=/opt/python
apt-get update
apt-get install -y --no-install-recommends bubblewrap ca-certificates curl
curl -LsSf https://astral.sh/uv/install.sh | env UV_INSTALL_DIR=/usr/local/bin sh
uv venv --python @PYTHON@ "$here/venv"
uv pip install --python "$here/venv/bin/python" --requirement "$here/requirements.txt"
