#!/usr/bin/env bash
# Stops the processes and containers that up.sh started in DIR: down.sh DIR
cd "$1" || exit 1
end() {
  kill "$1" 2>/dev/null
  for _ in $(seq 50); do
    kill -0 "$1" 2>/dev/null || return
    sleep 0.1
  done
  kill -KILL "$1" 2>/dev/null
}
if [ -S run/containerd.sock ]; then
  end "$(tail -n 1 pids)" # stop the kubelet first, so that it does not restart containers
  for task in $(ctr -a run/containerd.sock -n k8s.io task ls -q 2>/dev/null); do
    ctr -a run/containerd.sock -n k8s.io task rm -f "$task" >/dev/null 2>&1
  done
fi
tac pids 2>/dev/null | while read -r process; do end "$process"; done
# Unmount the volumes of pods that were not deleted.
grep -o " $PWD/[^ ]*" /proc/mounts | sort -r | xargs -r umount 2>/dev/null
if [ -d cni ]; then # network rules of Services and pods
  bin/kube-proxy --cleanup >/dev/null 2>&1
  ip link del cni0 2>/dev/null
fi
[ -e added-address ] && ip addr del 192.0.2.10/32 dev lo 2>/dev/null
rm -f pids bin added-address
true
