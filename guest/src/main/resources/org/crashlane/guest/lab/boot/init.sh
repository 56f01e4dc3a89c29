#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The only program of both guests of the lab: the primary kernel, which is made to panic, and the
# capture kernel, which writes the dump. /proc/vmcore tells them apart.
#
# What the host must know goes out on the console as lines "@crashlane KEY VALUE...". The host
# believes them for where things are, never for whether the dump was written: that it reads itself.
#
# /lab.conf, made for each run:
#   DISK            block device that takes the dump
#   SECOND_DISK     block device that works beside it in the primary, or nothing
#   MODULES         kernel modules under /modules, in the order to load them
#   SECOND_MODULES  further ones, for the second disk
#   CAPTURE_ARGS    the capture kernel's command line
#   IOMMU_TABLE     the ACPI table that names IOMMUs on this machine
#   INSIDE_HAND     "yes" to insert /crashlane_arm.ko before the crash
#   CARD_MODULES    those that the network card needs
#   CARD            network card: "e1000e", "assigned", "sink" (it takes the dump) or nothing
#   CARD_MEMORY     where the program maps memory for an assigned card, and how much
#   LOAD_SEEK_BLOCK where the writer writes, in blocks of 64 KiB, behind anything a dump may reach;
#                   empty for no writer
#   DUMP_SECONDS    how long writing the dump may take
#   DISK_WAIT_TENTHS  how long a disk that does not appear is waited for, in tenths of a second
#   GO_WAIT_SECONDS how long the primary waits for the host's word

say() { echo "@crashlane $*"; }

# What a program prints, the console's driver sends by interrupts, and a capture kernel may get none.
# What the kernel logs it sends by polling; the most urgent messages alone pass console_quiet.
say_by_polling() { echo "<0>@crashlane $*" > /dev/kmsg; }

# Kernel messages would fall into the middle of our lines: only emergencies meanwhile.
console_quiet() { echo 1 > /proc/sys/kernel/printk; }
console_normal() { echo 4 > /proc/sys/kernel/printk; }

mount_all() {
  mount -t proc proc /proc
  mount -t sysfs sys /sys
  mount -t devtmpfs dev /dev
  stty -echo
}

# Parameters of modules stand on the kernel's command line; nobody but modprobe passes them on.
parameters_of() { tr ' ' '\n' < /proc/cmdline | sed -n "s/^$1\.//p"; }

load_modules() {
  for file in "$@"; do
    # shellcheck disable=SC2046 # several parameters are several words
    insmod "/modules/$file" $(parameters_of "$(echo "${file%.ko}" | tr - _)") ||
      say warning "insmod $file failed"
  done
}

# In the words of nvme, megaraid_sas, mptbase, and of any driver's.
GIVEN_UP='nvme.*(Removing after probe failure|probe failed)|Failed from megasas_init_fw'
GIVEN_UP="$GIVEN_UP|didn't initialize properly|(virtio_blk|mptsas): probe of .* failed"

# True when the disk's driver has given up. libata asks a disk three times who it is.
driver_gave_up() {
  dmesg | grep -q -E "$GIVEN_UP" ||
    [ "$(dmesg | grep -c 'ata[0-9.]*: failed to IDENTIFY')" -ge 3 ]
}

# A disk that the IOMMU keeps from working never appears: its driver gives up, or time is up.
wait_for_disk() {
  tenths=0
  while [ ! -b "$1" ] && [ $tenths -lt "$DISK_WAIT_TENTHS" ]; do
    driver_gave_up && break
    sleep 0.1
    tenths=$((tenths + 1))
  done
  [ -b "$1" ]
}

# Of IOMMUs, disks, and memory that ran out.
WORTH_TELLING='dmar|amd-vi|ivrs|iommu|remap|nvme|ahci|ata[0-9]|virtio|megasas|megaraid|mptsas|mptbase|e1000e|crashkernel|kexec|override'
WORTH_TELLING="$WORTH_TELLING|out of memory|page allocation failure|nobody cared|panic"

kernel_messages() {
  dmesg | grep -v '@crashlane' |
    grep -i -E "$WORTH_TELLING" |
    while read -r message; do say message "$message"; done
}

describe_memory() {
  sed -n 's/^ *\([0-9a-f]*-[0-9a-f]*\) : Crash kernel$/@crashlane crash-range \1/p' /proc/iomem
  sed -n 's/^\([0-9a-f]*-[0-9a-f]*\) : System RAM$/@crashlane ram \1/p' /proc/iomem
  say vmcoreinfo "$(cat /sys/kernel/vmcoreinfo)"
}

describe_devices() {
  for device in /sys/bus/pci/devices/*; do
    driver=-
    group=-
    type=-
    [ -e "$device/driver" ] && driver=$(basename "$(readlink "$device/driver")")
    if [ -e "$device/iommu_group" ]; then
      group=$(basename "$(readlink "$device/iommu_group")")
      type=$(cat "$device/iommu_group/type")
    fi
    say device "$(basename "$device") $(cat "$device/class") $driver $group $type"
  done
}

firmware_table() {
  table=/sys/firmware/acpi/tables/$IOMMU_TABLE
  [ -e "$table" ] && say iommu-table "$(xxd -p "$table" | tr -d '\n')"
}

crash_ranges() {
  sed -n 's/^ *\([0-9a-f]*-[0-9a-f]*\) : Crash kernel$/\1/p' /proc/iomem | tr '\n' ',' | sed 's/,$//'
}

# The host sends frames to the card from the beginning on.
start_card() {
  case $CARD in
    e1000e) ip link set eth0 up ;;
    assigned) hold_card ;;
    sink) ip link set eth0 up; return ;;
    *) return ;;
  esac
  tenths=0
  while ! card_receives && [ $tenths -lt 300 ]; do
    sleep 0.1
    tenths=$((tenths + 1))
  done
  card_receives || say warning "the network card receives nothing"
}

card_receives() {
  [ -e /tmp/card-receives ] ||
    [ "$(cat /sys/class/net/eth0/statistics/rx_packets 2>/dev/null || echo 0)" -gt 10 ]
}

# As for a virtual machine: a program has the card, and maps its own memory for it.
hold_card() {
  for device in /sys/bus/pci/devices/*; do
    [ "$(cat "$device/vendor") $(cat "$device/device")" = '0x10ec 0x8139' ] || continue
    echo vfio-pci > "$device/driver_override"
    echo "${device##*/}" > /sys/bus/pci/drivers_probe
    # shellcheck disable=SC2086 # two words
    perl /assigned.pl "${device##*/}" "$(basename "$(readlink "$device/iommu_group")")" \
      $CARD_MEMORY &
  done
}

# A second disk is slow: each of its readers has a command under way, for seconds.
start_second_load() {
  for reader in 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do
    (while :; do
      dd if="$SECOND_DISK" of=/dev/null bs=64k skip=$((reader * 512)) count=512 iflag=direct \
        2>/dev/null
    done) &
  done
}

# Three readers and a writer, so that transfers are in flight when the kernel dies.
start_load() {
  [ -z "$SECOND_DISK" ] || start_second_load
  for reader in 0 1 2; do
    (while :; do
      dd if="$DISK" of=/dev/null bs=64k skip=$((reader * 512)) count=512 iflag=direct 2>/dev/null
    done) &
  done
  [ -z "$LOAD_SEEK_BLOCK" ] || (while :; do
    dd if=/dev/zero of="$DISK" bs=64k seek="$LOAD_SEEK_BLOCK" count=256 oflag=direct conv=notrunc \
      2>/dev/null
  done) &
}

# Reads and writes completed so far: both must have moved before the load counts as running.
wait_for_load() {
  name=$(basename "$DISK")
  stat=/sys/block/$name/stat
  # Where a disk may have several paths (NVMe of QEMU 10) Linux counts by path.
  for path in /sys/block/"${name%n*}"c*n"${name##*n}"/stat; do
    [ -e "$path" ] && stat=$path
  done
  tenths=0
  while [ $tenths -lt 300 ]; do
    read -r reads _ _ _ writes _ < "$stat"
    if [ "$reads" -gt 200 ] && { [ -z "$LOAD_SEEK_BLOCK" ] || [ "$writes" -gt 50 ]; }; then
      say load "reads $reads writes $writes"
      return
    fi
    sleep 0.1
    tenths=$((tenths + 1))
  done
  say warning "the load on $DISK does not run: $reads reads, $writes writes"
}

# By kexec_file_load(2), or by kexec_load(2) with crashlane.kexec_load on the command line.
load_capture_kernel() {
  call=-s
  grep -qw crashlane.kexec_load /proc/cmdline && call=-c
  kexec $call -p /boot/vmlinuz --initrd=/boot/capture.cpio --command-line="$CAPTURE_ARGS" 2>&1 |
    while read -r line; do say kexec-said "$line"; done
  say kexec "$(cat /sys/kernel/kexec_crash_loaded)"
}

primary() {
  console_quiet
  say primary "$(uname -r)"
  # shellcheck disable=SC2086 # each is a word
  load_modules $MODULES $SECOND_MODULES $CARD_MODULES
  for block in $DISK $SECOND_DISK; do
    wait_for_disk "$block" || say warning "no $block in the primary kernel"
  done
  start_card
  describe_memory
  describe_devices
  firmware_table
  load_capture_kernel
  if [ "$INSIDE_HAND" = yes ]; then
    # shellcheck disable=SC2046 # several parameters are several words
    insmod /crashlane_arm.ko ranges="$(crash_ranges)" $(parameters_of crashlane_arm)
    say inside-hand $?
    dmesg | grep '\] crashlane: ' | sed 's/^/@crashlane hand /'
  fi
  kernel_messages
  start_load
  wait_for_load
  console_normal
  say ready
  while read -r -t "$GO_WAIT_SECONDS" word; do
    case $word in
      reload) load_capture_kernel ;;
      go) echo c > /proc/sysrq-trigger ;;
    esac
  done
  say warning "no word from the host"
  poweroff -f
}

# A kernel that makedumpfile does not know is copied as it is, all of its memory. So is one with
# crashlane.copy on the command line. Time that is up, and a disk that fails, would be so again.
filter_or_copy() {
  status=1
  : > /tmp/makedumpfile.log
  if ! grep -qw crashlane.copy /proc/cmdline; then
    timeout -s KILL "$DUMP_SECONDS" makedumpfile -E -d 31 -f --message-level 6 \
      /proc/vmcore "$DISK" > /tmp/makedumpfile.log 2>&1
    status=$?
  fi
  if [ $status -eq 1 ] && ! grep -q 'Input/output error' /tmp/makedumpfile.log; then
    timeout -s KILL "$DUMP_SECONDS" \
      dd if=/proc/vmcore of="$DISK" bs=1M conv=notrunc >> /tmp/makedumpfile.log 2>&1
    status="copied $?"
  fi
  echo "$status" > /tmp/dump-status
}

# A writer that waits for a disk which never answers cannot be killed, and is left waiting.
write_dump() {
  filter_or_copy &
  fifths=0
  while [ ! -s /tmp/dump-status ] && [ $fifths -le $((DUMP_SECONDS * 5 + 5)) ]; do
    sleep 0.2
    fifths=$((fifths + 1))
  done
  if [ -s /tmp/dump-status ]; then
    say makedumpfile "$(cat /tmp/dump-status)" "$(tail -n 1 /tmp/makedumpfile.log)"
    blockdev --flushbufs "$DISK"
    sync
  else
    say makedumpfile "waits for $DISK: given up"
  fi
}

dump_to_disk() {
  # Inserting a driver waits for its disks, and one without interrupts waits for each command.
  # shellcheck disable=SC2086 # each is a word
  load_modules $MODULES &
  if wait_for_disk "$DISK"; then
    say disk present
    write_dump
  else
    say disk absent
  fi
}

# makedumpfile cannot go back in a stream: it sends records that the host puts in order. The host
# never closes the connection; all has arrived when the end of it is acknowledged (FIN_WAIT2, 05).
send_dump() {
  # shellcheck disable=SC2086 # each is a word
  load_modules $CARD_MODULES
  ip link set eth0 up
  ip addr add 10.0.2.15/24 dev eth0
  (
    makedumpfile -F -E -d 31 --message-level 6 /proc/vmcore 2>/tmp/makedumpfile.log |
      nc 10.0.2.9 9 2>/tmp/nc.log
    echo $? > /tmp/dump-status
  ) &
  fifths=0
  while [ ! -s /tmp/dump-status ] && ! grep -q ':0009 05 ' /proc/net/tcp &&
    [ $fifths -lt $((DUMP_SECONDS * 5)) ]; do
    sleep 0.2
    fifths=$((fifths + 1))
  done
  say makedumpfile "$(tail -n 1 /tmp/makedumpfile.log) $(tail -n 1 /tmp/nc.log)"
}

capture() {
  say() { say_by_polling "$@"; }
  console_quiet
  say capture "$(uname -r)"
  if [ "$CARD" = sink ]; then send_dump; else dump_to_disk; fi
  kernel_messages
  say done
  # Powering off would switch the IOMMU off: the host reads its registers first.
  read -r -t 30 _
  poweroff -f
}

mount_all
. /lab.conf
if [ -e /proc/vmcore ]; then capture; else primary; fi
