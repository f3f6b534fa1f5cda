set -e
python3 --version
python3 work.py
