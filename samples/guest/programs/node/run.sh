set -e
node --version
node work.js
