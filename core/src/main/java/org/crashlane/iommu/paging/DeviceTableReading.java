// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.paging;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.crashlane.bits.Layout;
import org.crashlane.bits.Reason;
import org.crashlane.bits.Term;
import org.crashlane.iommu.Attachment;
import org.crashlane.iommu.DeviceTables;
import org.crashlane.iommu.Malformation;
import org.crashlane.iommu.Malformation.Kind;
import org.crashlane.iommu.TableFact;
import org.crashlane.iommu.VisitCounts;
import org.crashlane.iommu.WalkLimits;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.PhysicalMemory;
import org.crashlane.memory.UnreadableMemoryException;

/**
 * Gathers what a reader of device tables finds, within limits: tables that are wrong may name more
 * pages, and have more wrong with them, than can be reported.
 */
public final class DeviceTableReading {
  private final PhysicalMemory memory;
  private final WalkLimits limits;
  private final int pageBytes;
  private final List<Attachment> attachments = new ArrayList<>();
  private final List<Malformation> malformations = new ArrayList<>();
  private final List<AddressRange> pages = new ArrayList<>();
  private final List<Attachment.Unsupported> unreadBesides = new ArrayList<>();
  private final VisitCounts visits = new VisitCounts();
  private long readCount;
  private int malformationCount;

  /**
   * @param memory where the tables are
   * @param limits how many pages are read, and how many malformations reported
   * @param pageBytes how large a page of them is
   */
  public DeviceTableReading(PhysicalMemory memory, WalkLimits limits, int pageBytes) {
    this.memory = memory;
    this.limits = limits;
    this.pageBytes = pageBytes;
  }

  /** {@return true if no more pages are read, which has been reported} */
  public boolean isAtLimit() {
    return readCount > limits.tablePageCount();
  }

  /**
   * {@return the page at {@code address}, or nothing where it cannot be read, or is one too many,
   * which is reported}
   *
   * @param from physical address of the entry that points to it
   * @param raw that entry
   */
  public Optional<long[]> page(Term what, long address, long from, long raw) {
    boolean isNew = visits.visit(address) == 1;
    if (isNew && !isAtLimit() && ++readCount > limits.tablePageCount()) {
      add(new Malformation(from, raw, 0, Kind.BOUND, Reason.of(TableFact.DEVICE_PAGE_LIMIT)));
    }
    if (isAtLimit()) {
      return Optional.empty();
    }
    long[] page = new long[pageBytes / Long.BYTES];
    try {
      memory.readLongs(address, page, page.length);
    } catch (UnreadableMemoryException e) {
      Reason reason = Reason.of(what, new Reason.At(address), new Reason.Because(e.absence()));
      add(new Malformation(from, raw, 0, Kind.UNREADABLE, reason));
      return Optional.empty();
    }
    if (isNew) {
      pages.add(AddressRange.ofSize(address, pageBytes));
    }
    return Optional.of(page);
  }

  /** Adds what a device has. */
  public void attach(Attachment attachment) {
    attachments.add(attachment);
  }

  /**
   * Adds that not all is known of a device that has been attached.
   *
   * @param besides what is not
   */
  public void besides(Attachment.Unsupported besides) {
    unreadBesides.add(besides);
  }

  /**
   * Tells of bits that must be zero and are not, if there are any.
   *
   * @param entry what {@code word} is
   * @param reserved its bits that must be zero
   */
  public void reserved(Layout entry, long at, long word, long reserved) {
    long set = word & reserved;
    if (set != 0) {
      Reason reason =
          Reason.of(TableFact.RESERVED_BITS, new Reason.In(entry), new Reason.Bits(set));
      add(new Malformation(at, word, 0, Kind.RESERVED, reason));
    }
  }

  /** Tells of something wrong, as far as the limits go. */
  public void add(Malformation malformation) {
    malformationCount++;
    if (malformationCount < limits.malformationCount()) {
      malformations.add(malformation);
    } else if (malformationCount == limits.malformationCount()) {
      Reason reason = Reason.of(TableFact.MORE_MALFORMATIONS);
      malformations.add(
          new Malformation(malformation.entryAddress(), malformation.raw(), 0, Kind.BOUND, reason));
    }
  }

  /** {@return all that was found} */
  public DeviceTables found() {
    return new DeviceTables(attachments, malformations, pages, unreadBesides);
  }
}
