set -e
luajit -v
luajit -O3 work.lua
luajit -joff work.lua > interpreted
luajit work.lua | cmp - interpreted
echo 'compiled and interpreted agree'
