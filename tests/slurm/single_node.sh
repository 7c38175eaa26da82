#!/usr/bin/env bash
# SLURM on this machine alone, for tests: one node, partitions cpu and gpu (of a device that is none).
#   apt-get install -y --no-install-recommends slurm-wlm munge
#   single_node.sh start | stop          as root
set -euo pipefail
state=${SLURM_TEST_STATE:-/var/tmp/slurm-test}
# Not elsewhere by SLURM_CONF: jobs are started with a clean environment and look here.
conf=/etc/slurm/slurm.conf
mark="# written by single_node.sh"

write_configuration() {
  local host=$1 cpus memory
  if [ -e "$conf" ] && ! grep -q "$mark" "$conf"; then
    echo "$conf is not of this script: this machine belongs to a cluster" >&2
    exit 1
  fi
  read -r cpus memory < <(slurmd -C | sed -n 's/.*CPUs=\([0-9]*\).*RealMemory=\([0-9]*\).*/\1 \2/p')
  cat > "$conf" << CONF
$mark
ClusterName=test
SlurmctldHost=$host(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
StateSaveLocation=$state/controller
SlurmdSpoolDir=$state/node
SlurmctldPidFile=$state/slurmctld.pid
SlurmdPidFile=$state/slurmd.pid
SlurmctldLogFile=$state/slurmctld.log
SlurmdLogFile=$state/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
ReturnToService=2
MpiDefault=none
JobAcctGatherType=jobacct_gather/linux
AccountingStorageType=accounting_storage/none
MinJobAge=900
GresTypes=gpu
NodeName=$host NodeAddr=127.0.0.1 CPUs=$cpus RealMemory=$((memory * 8 / 10)) Gres=gpu:1 State=UNKNOWN
PartitionName=cpu Nodes=$host Default=YES MaxTime=1-00:00:00 State=UP
PartitionName=gpu Nodes=$host MaxTime=1-00:00:00 State=UP
CONF
  echo "NodeName=$host Name=gpu File=/dev/null" > /etc/slurm/gres.conf
  echo "CgroupAutomount=no" > /etc/slurm/cgroup.conf
}

start() {
  local host
  host=$(hostname -s)
  mkdir -p "$state"/{controller,node} /run/munge /etc/slurm
  write_configuration "$host"
  chown munge:munge /run/munge
  runuser -u munge -- munged --pid-file=/run/munge/munged.pid
  setsid nohup slurmctld -D -i > "$state/slurmctld.out" 2>&1 < /dev/null &
  sleep 2
  setsid nohup slurmd -D -N "$host" > "$state/slurmd.out" 2>&1 < /dev/null &
  for _ in $(seq 30); do
    if sinfo -h -o %t 2> /dev/null | grep -q idle; then
      sinfo
      return
    fi
    sleep 1
  done
  echo "no idle node after 30 s; see $state/*.log" >&2
  exit 1
}

# The daemons write their state while they end.
end() {
  kill "$1" || return 0
  timeout 30 tail --pid="$1" -f /dev/null
}

stop() {
  for pid in "$state/slurmd.pid" "$state/slurmctld.pid" /run/munge/munged.pid; do
    if [ -s "$pid" ]; then end "$(cat "$pid")"; fi
  done
  if [ -e "$conf" ] && grep -q "$mark" "$conf"; then rm -f "$conf" /etc/slurm/gres.conf /etc/slurm/cgroup.conf; fi
  rm -rf "$state"
}

case "${1:-}" in
  start | stop) "$1" ;;
  *) echo "usage: $0 start | stop" >&2; exit 2 ;;
esac
