// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.oracle;

import java.io.IOException;
import java.util.List;
import java.util.OptionalLong;
import org.crashlane.guest.qtest.BridgedEdu;
import org.crashlane.guest.qtest.PowerHostBridge;
import org.crashlane.guest.qtest.QTest;
import org.crashlane.guest.qtest.QTestConfig;
import org.crashlane.iommu.Access;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.calgary.TableSize;
import org.crashlane.iommu.calgary.Tce;
import org.crashlane.iommu.calgary.TceTable;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.WritableMemory;

/**
 * QEMU's POWER9 host bridge as a judge of the bytes of Calgary TCE tables: a device makes one
 * transfer of a word through the table, and where that went is read from memory.
 *
 * <p>The word to be written is first loaded, and the word that was read is fetched, through a
 * second table that nobody else writes.
 */
final class TceMachine implements AutoCloseable {
  /** The least that the machine starts with. */
  private static final long RAM_BYTES = 1L << 30;

  /** The processor's loop lies at the bottom of memory. */
  private static final long LOOP_BYTES = 1 << 12;

  private static final long OWN = 960L << 20;
  private static final long TABLE = OWN;
  private static final long REQUESTER_TABLE = 992L << 20;
  private static final TceTable TRUSTED = new TceTable(996L << 20, TableSize.KIB_64);
  private static final long SCRATCH = 1000L << 20;
  private static final long SCRATCH_IOVA = 1 << 20;
  private static final long NOT_READ = 0x5555555555555555L;

  /** Marks words of transfers; the lower bits count them. */
  private static final long MARK = 0xc0ffee0000000000L;

  private final QTest machine;
  private final BridgedEdu edu;
  private long transferCount;

  private TceMachine(QTest machine, BridgedEdu edu) {
    this.machine = machine;
    this.edu = edu;
  }

  /** Starts QEMU. */
  public static TceMachine start() throws IOException {
    QTest machine = QTest.start(QTestConfig.powernv9(RAM_BYTES, PowerHostBridge.EDU));
    try {
      PowerHostBridge bridge = PowerHostBridge.attach(machine, REQUESTER_TABLE);
      long tce = Tce.of(SCRATCH, Permissions.READ_WRITE);
      machine.ram().writeLong(TRUSTED.entryAddress(SCRATCH_IOVA), Tce.toMemory(tce));
      return new TceMachine(machine, new BridgedEdu(machine, bridge));
    } catch (IOException | RuntimeException e) {
      machine.close();
      throw e;
    }
  }

  /** {@return its memory; what lies in {@link #usable} may be written} */
  public WritableMemory memory() {
    return machine.ram();
  }

  /** {@return the memory that transfers may go to} */
  public static AddressRange usable() {
    return new AddressRange(LOOP_BYTES, OWN - 1);
  }

  /** {@return a table of {@code size}, at a place of its own, zeroed} */
  public TceTable freshTable(TableSize size) {
    TceTable table = new TceTable(TABLE, size);
    machine.ram().writeLongs(table.address(), new long[size.entryCount()], size.entryCount());
    return table;
  }

  /**
   * Makes one transfer and looks where it went.
   *
   * @param iova a multiple of 8 within the table's reach
   * @param candidates physical addresses of words, in {@link #usable}, that it may go to; these are
   *     overwritten
   * @return which it was, or nothing if none of them: the transfer was blocked or went elsewhere
   */
  public OptionalLong landing(TceTable table, Access access, long iova, List<Long> candidates)
      throws IOException {
    return switch (access) {
      case READ -> readFrom(table, iova, candidates);
      case WRITE -> writtenTo(table, iova, candidates);
    };
  }

  private OptionalLong readFrom(TceTable table, long iova, List<Long> candidates)
      throws IOException {
    load(NOT_READ);
    long first = MARK + transferCount;
    for (long candidate : candidates) {
      machine.ram().writeLong(candidate, nextMark());
    }
    edu.read(table.address(), table.size().bytes(), iova);
    long index = fetch() - first;
    return index >= 0 && index < candidates.size()
        ? OptionalLong.of(candidates.get((int) index))
        : OptionalLong.empty();
  }

  private OptionalLong writtenTo(TceTable table, long iova, List<Long> candidates)
      throws IOException {
    long mark = nextMark();
    load(mark);
    for (long candidate : candidates) {
      machine.ram().writeLong(candidate, 0);
    }
    edu.write(table.address(), table.size().bytes(), iova);
    return candidates.stream()
        .mapToLong(Long::longValue)
        .filter(candidate -> machine.ram().readLong(candidate) == mark)
        .findFirst();
  }

  private long nextMark() {
    return MARK + transferCount++;
  }

  /** Puts {@code word} into the device. */
  private void load(long word) throws IOException {
    machine.ram().writeLong(SCRATCH, word);
    edu.read(TRUSTED.address(), TRUSTED.size().bytes(), SCRATCH_IOVA);
  }

  /** {@return the word in the device} */
  private long fetch() throws IOException {
    machine.ram().writeLong(SCRATCH, 0);
    edu.write(TRUSTED.address(), TRUSTED.size().bytes(), SCRATCH_IOVA);
    return machine.ram().readLong(SCRATCH);
  }

  @Override
  public void close() throws IOException {
    machine.close();
  }
}
