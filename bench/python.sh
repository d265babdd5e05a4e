# Sourced by the scripts here: sets PYTHON, if it is not set, to a virtual environment
# under build/ that has the packages named as arguments, from PyPI.

if [[ -z ${PYTHON:-} ]]; then
  PYTHON=build/bench/venv/bin/python
  [[ -x $PYTHON ]] || python3 -m venv build/bench/venv
  "$PYTHON" -m pip install -q "$@"
fi
