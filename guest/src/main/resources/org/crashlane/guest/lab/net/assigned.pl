# SPDX-License-Identifier: Apache-2.0
# The program that holds a network card through vfio-pci, as one that runs virtual machines does
# (Documentation/driver-api/vfio.rst): it maps memory of its own for the card at addresses of its
# choice, where a virtual machine would have its buffers, and starts the card's receiver. When the
# kernel dies the card goes on. Words of C are numbers here; their names are beside them
# (linux/vfio.h, asm/unistd_64.h; the card's registers in QEMU's hw/net/rtl8139.c).
#
# perl assigned.pl PCI-ADDRESS IOMMU-GROUP IOVA SIZE

my ($address, $group, $iova, $size) = @ARGV;
($iova, $size) = (oct $iova, oct $size);

sub failed { print "\@crashlane warning assigned card: $_[0]: $!\n"; exit 1 }

open(my $container, '+<', '/dev/vfio/vfio') or failed('/dev/vfio/vfio');
open(my $owned, '+<', "/dev/vfio/$group") or failed("/dev/vfio/$group");
ioctl($owned, 0x3b68, pack('i', fileno $container)) or failed('VFIO_GROUP_SET_CONTAINER');
ioctl($container, 0x3b66, 1) or failed('VFIO_SET_IOMMU type 1');

# mmap: readable and writable, private and anonymous.
my $memory = syscall(9, 0, $size, 3, 0x22, -1, 0);
$memory > 0 or failed('mmap');
# The card may read (1) and write (2).
ioctl($container, 0x3b71, pack('LLQQQ', 32, 1 | 2, $memory, $iova, $size))
  or failed('VFIO_IOMMU_MAP_DMA');
my $card = ioctl($owned, 0x3b6a, "$address\0") or failed('VFIO_GROUP_GET_DEVICE_FD');
$card += 0;

# Regions of the device's file: BAR 1, and the configuration space.
my ($registers, $configuration) = (1 << 40, 7 << 40);

sub put {
  my ($place, $format, $value) = @_;
  my $bytes = pack($format, $value);
  syscall(18, $card, $bytes, length $bytes, $place) == length $bytes or failed('pwrite');
}

sub get16 {
  my $bytes = "\0\0";
  syscall(17, $card, $bytes, 2, $_[0]) == 2 or failed('pread');
  return unpack('S', $bytes);
}

put($configuration + 4, 'S', 7);               # Command: I/O, memory, bus master
put($registers + 0x37, 'C', 0x10);             # Cr: reset
put($registers + 0x30, 'L', $iova);            # Rbstart
put($registers + 0x3c, 'S', 0);                # Imr: no interrupts
put($registers + 0x37, 'C', 0x08 | 0x04);      # Cr: receiver and transmitter
put($registers + 0x44, 'L', 0x1800 | 0x0f);    # Rcr: a ring of 64 KiB, all frames

my $receives = 0;
while (1) {
  my $end = get16($registers + 0x3a);          # Cbr: how far the card has written
  put($registers + 0x38, 'S', ($end - 16) & 0xffff);    # Capr: how far all was read
  if ($end > 0 && !$receives) {
    $receives = 1;
    open(my $word, '>', '/tmp/card-receives') or failed('/tmp/card-receives');
  }
  select(undef, undef, undef, 0.1);
}
