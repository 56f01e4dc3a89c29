// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.live;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.crashlane.bits.BitField;
import org.crashlane.firmware.FirmwareInMemory;
import org.crashlane.firmware.Tables;
import org.crashlane.guest.qmp.QemuProcess;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.vtd.ContextEntry;
import org.crashlane.iommu.vtd.Registers;
import org.crashlane.iommu.vtd.RootEntry;
import org.crashlane.iommu.vtd.SecondLevelEntry;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.WritableMemory;
import org.crashlane.pci.RequesterId;

/**
 * QEMU with an NVMe disk and an Intel IOMMU that a test can set translating: the tables, one
 * address space for disk and disk controller, are written into the guest's memory. That is 6 GiB
 * with the tables above 4 GiB, or little enough to be read as a whole.
 */
final class TranslatingQemu implements AutoCloseable {
  static final RequesterId NVME = RequesterId.of(0, 4, 0);
  static final RequesterId SATA = RequesterId.of(0, 31, 2);
  static final AddressRange CRASH = AddressRange.ofSize(0x150000000L, 0x4001000);
  static final AddressRange ARENA = AddressRange.ofSize(0x20000000L, 0x100000);
  static final AddressRange SMALL_CRASH = AddressRange.ofSize(0x14000000L, 0x4001000);
  static final AddressRange SMALL_ARENA = AddressRange.ofSize(0x1000000L, 0x100000);
  static final long LEFTOVER_IOVA = 0xffe00000L;

  private static final long REGISTERS = 0xfed90000L;
  private static final long ROOT_TABLE = 0x140000000L;
  private static final long SMALL_ROOT_TABLE = 0x4000000L;
  private static final int LEVELS = 3;
  private static final long LEFTOVER_PAGE_OFFSET = 0x8000000L;
  private static final BitField LEVEL_THREE = BitField.bits("index at level 3", 38, 30);
  private static final BitField LEVEL_TWO = BitField.bits("index at level 2", 29, 21);
  private static final BitField LEVEL_ONE = BitField.bits("index at level 1", 20, 12);

  private final QemuProcess qemu;
  private final Qtest qtest;
  private final Path memoryFile;
  private final long rootTable;

  private TranslatingQemu(QemuProcess qemu, Qtest qtest, Path memoryFile, long rootTable) {
    this.qemu = qemu;
    this.qtest = qtest;
    this.memoryFile = memoryFile;
    this.rootTable = rootTable;
  }

  /**
   * Starts it with 6 GiB, not translating.
   *
   * @param iommuOptions as {@code -device intel-iommu,…}
   */
  static TranslatingQemu start(Path directory, String iommuOptions) throws Exception {
    return start(directory, iommuOptions, "6G", ROOT_TABLE, List.of());
  }

  /** As above, with 512 MiB. */
  static TranslatingQemu startSmall(Path directory, String iommuOptions) throws Exception {
    return startSmall(directory, iommuOptions, List.of());
  }

  /** As above, with more options. */
  static TranslatingQemu startSmall(Path directory, String iommuOptions, List<String> more)
      throws Exception {
    return start(directory, iommuOptions, "512M", SMALL_ROOT_TABLE, more);
  }

  /**
   * As above, with memory elsewhere than in a file that is shared.
   *
   * @param backend as {@code -object …,id=ram,size=…}
   */
  static TranslatingQemu startWith(Path directory, String backend) throws Exception {
    return start(directory, "", "512M", SMALL_ROOT_TABLE, List.of(), backend);
  }

  private static TranslatingQemu start(
      Path directory, String iommuOptions, String size, long rootTable, List<String> more)
      throws Exception {
    String backend = "memory-backend-file,share=on,mem-path=" + directory.resolve("guest.ram");
    return start(directory, iommuOptions, size, rootTable, more, backend);
  }

  private static TranslatingQemu start(
      Path directory,
      String iommuOptions,
      String size,
      long rootTable,
      List<String> more,
      String backend)
      throws Exception {
    Path memory = directory.resolve("guest.ram");
    Path disk = directory.resolve("disk.img");
    Path qtest = directory.resolve("qtest.sock");
    Files.write(disk, new byte[1 << 20]);
    List<String> options = new ArrayList<>(more);
    options.addAll(List.of("-M", "q35,kernel-irqchip=off,memory-backend=ram", "-m", size));
    options.add("-object");
    options.add(backend + ",id=ram,size=" + size);
    options.addAll(List.of("-device", "intel-iommu" + iommuOptions));
    options.addAll(List.of("-drive", "if=none,id=d0,format=raw,file=" + disk));
    options.addAll(List.of("-device", "nvme,id=disk,addr=4,drive=d0,serial=x"));
    options.addAll(List.of("-qtest", "unix:" + qtest + ",server=on,wait=off"));
    QemuProcess qemu = QemuProcess.start(directory, options.toArray(String[]::new));
    try {
      return new TranslatingQemu(qemu, new Qtest(qtest), memory, rootTable);
    } catch (IOException e) {
      qemu.close();
      throw e;
    }
  }

  Path socket() {
    return qemu.socket();
  }

  /** Writes to a port of ISA's, as a processor would. */
  void write8Port(int port, int value) throws IOException {
    qtest.write8Port(port, value);
  }

  /** {@return the guest's memory, to be written as a processor would} */
  WritableMemory byTestSocket() {
    return (WritableMemory)
        Proxy.newProxyInstance(
            getClass().getClassLoader(),
            new Class<?>[] {WritableMemory.class},
            (_, method, words) -> {
              assertEquals("writeLong", method.getName());
              qtest.write64((long) words[0], (long) words[1]);
              return null;
            });
  }

  /** {@return the file that is the guest's memory} */
  Path memoryFile() {
    return memoryFile;
  }

  /** {@return a hand on it, with journals beside its memory file} */
  @SuppressWarnings("MustBeClosedChecker") // its caller closes it
  OutsideHand hand(GuestLife life) throws IOException {
    return OutsideHand.attach(qemu.socket(), memoryFile.resolveSibling("journals"), life);
  }

  void kill() throws InterruptedException {
    qemu.kill();
  }

  /** Writes the tables and sets the unit translating by them. */
  void translate(WritableMemory memory) throws IOException {
    translate(memory, Registers.Rtaddr.TTM_LEGACY);
  }

  void translate(WritableMemory memory, int mode) throws IOException {
    long contextTable = rootTable + 0x1000;
    memory.writeLong(rootTable, RootEntry.low(contextTable));
    for (RequesterId requester : List.of(NVME, SATA)) {
      long entry = contextTable + (long) requester.devfn() * ContextEntry.BYTES;
      memory.writeLong(entry + Long.BYTES, ContextEntry.high(LEVELS, 1));
      memory.writeLong(entry, ContextEntry.low(ContextEntry.TT_UNTRANSLATED_ONLY, table()));
    }
    map(memory, LEFTOVER_IOVA, rootTable + LEFTOVER_PAGE_OFFSET);
    long root = rootTable | Registers.Rtaddr.TTM.of(mode);
    qtest.write64(REGISTERS + Registers.RTADDR.offset(), root);
    qtest.write32(REGISTERS + Registers.GCMD.offset(), Registers.Gsts.RTPS.mask());
    qtest.write32(REGISTERS + Registers.GCMD.offset(), Registers.Gsts.TES.mask());
  }

  /** Puts tables there as firmware does, which has not run: its unit serves all devices. */
  void installFirmware(WritableMemory memory) {
    FirmwareInMemory.install(
        memory,
        rootTable + LEFTOVER_PAGE_OFFSET + 0x10000,
        rootTable + LEFTOVER_PAGE_OFFSET + 0x11000,
        Tables.dmarBytes(Tables.drhd(REGISTERS, 1, 0)));
  }

  /** What a kernel that dies notes of a processor: the beginning of its registers. */
  void noteCrash(WritableMemory memory) {
    memory.writeLong(noteAt(), 0x150_00000005L);
    memory.writeLong(noteAt() + Long.BYTES, 0x45524f43_00000001L);
  }

  private long noteAt() {
    return rootTable + LEFTOVER_PAGE_OFFSET + 0x20000;
  }

  /**
   * Puts the header of a core there, as kexec does: of all memory but {@code crash}, and of one
   * processor's registers.
   */
  void loadCaptureKernel(WritableMemory memory, AddressRange crash) {
    loadCaptureKernel(memory, crash, noteAt());
  }

  /** As above, with the processor's registers to be noted at {@code noteAt}. */
  static void loadCaptureKernel(WritableMemory memory, AddressRange crash, long noteAt) {
    long header = crash.last() + 1 - 0x2000;
    long end = memory.ranges().getLast().last() + 1;
    long[] words = new long[32];
    words[0] = 0x00010102464c457fL;
    words[2] = 4;
    words[4] = 64;
    words[6] = 56L << 48;
    words[7] = 3;
    segment(words, 8, 0, crash.first());
    segment(words, 15, crash.last() + 1, end - crash.last() - 1);
    segment(words, 22, noteAt, 0x200);
    words[22] = 4;
    memory.writeLongs(header, words, words.length);
  }

  /**
   * A kernel's tables at {@code root}, whose direct map has the first GiB in pages of 2 MiB.
   *
   * @param isWritable false as while a capture kernel is loaded
   */
  static void mapDirectly(WritableMemory memory, long root, boolean isWritable) {
    memory.writeLong(root + 0x888, root + 0x1000 | 3);
    memory.writeLong(root + 0x1000, root + 0x2000 | 3);
    for (long i = 0; i < 512; i++) {
      memory.writeLong(root + 0x2000 + i * Long.BYTES, i << 21 | (isWritable ? 0x83 : 0x81));
    }
  }

  private static void segment(long[] words, int at, long first, long sizeBytes) {
    words[at] = 1;
    words[at + 1] = first;
    words[at + 3] = first;
    words[at + 5] = sizeBytes;
  }

  /** Maps one page, by tables behind the top table; one IOVA in each 2 MiB below 4 GiB. */
  void map(WritableMemory memory, long iova, long page) {
    long middle = table() + 0x1000 * (1 + LEVEL_THREE.get(iova));
    long lowest = table() + 0x100000 + 0x1000 * (iova / (1L << LEVEL_TWO.low()));
    memory.writeLong(
        lowest + Long.BYTES * LEVEL_ONE.get(iova),
        SecondLevelEntry.leaf(page, 1, Permissions.READ_WRITE));
    memory.writeLong(middle + Long.BYTES * LEVEL_TWO.get(iova), SecondLevelEntry.table(lowest));
    memory.writeLong(table() + Long.BYTES * LEVEL_THREE.get(iova), SecondLevelEntry.table(middle));
  }

  private long table() {
    return rootTable + 0x2000;
  }

  @Override
  public void close() throws IOException {
    qtest.close();
    qemu.close();
  }
}
