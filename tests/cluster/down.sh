#!/usr/bin/env bash
# Ends what up.sh started in DIR: down.sh DIR
cd "$1" || exit 1
tac pids 2>/dev/null | while read -r process; do
  kill "$process" 2>/dev/null
  for _ in $(seq 50); do
    kill -0 "$process" 2>/dev/null || continue 2
    sleep 0.1
  done
  kill -KILL "$process" 2>/dev/null
done
rm -f pids
