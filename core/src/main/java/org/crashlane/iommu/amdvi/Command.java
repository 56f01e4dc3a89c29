// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.amdvi;

import java.util.Optional;
import java.util.OptionalLong;
import org.crashlane.bits.BitField;
import org.crashlane.bits.Hex;
import org.crashlane.pci.RequesterId;

/**
 * A command in a unit's command buffer, 16 bytes (AMD 48882, "Commands"; VirtualBox iommu-amd.h).
 * {@link CommandFormat} has the bits.
 */
public sealed interface Command {
  /** Size of a command in bytes. */
  int BYTES = 16;

  /** {@return what the two words ask for} */
  static Command decode(long low, long high) {
    return CommandFormat.decode(low, high);
  }

  /** {@return the command's first word} */
  default long low() {
    return CommandFormat.low(this);
  }

  /** {@return the command's second word} */
  default long high() {
    return CommandFormat.high(this);
  }

  /**
   * COMPLETION_WAIT: tells when all commands before it are done.
   *
   * @param storeAddress where the data is stored, a multiple of 8, if anywhere
   * @param storeData what is stored
   * @param interrupt true if an interrupt tells of it too
   * @param flush true if no command behind it begins before
   */
  record CompletionWait(OptionalLong storeAddress, long storeData, boolean interrupt, boolean flush)
      implements Command {}

  /** INVALIDATE_DEVTAB_ENTRY: drops what is cached of a device's entry. */
  record InvalidateDeviceEntry(RequesterId requester) implements Command {}

  /**
   * INVALIDATE_IOMMU_PAGES: drops translations of a domain.
   *
   * @param directories true if entries that point to tables go too, not leaves alone
   * @param guest the PASID whose guest translations go, instead of the host's
   */
  record InvalidatePages(int domainId, Pages pages, boolean directories, Optional<Integer> guest)
      implements Command {}

  /**
   * INVALIDATE_IOTLB_PAGES: has a device drop translations of its own TLB.
   *
   * @param maximumPending how many may be under way to the device at a time
   * @param queueId which of the device's queues it counts for
   * @param guest the PASID whose translations go, instead of those without
   */
  record InvalidateIotlb(
      RequesterId requester, int maximumPending, int queueId, Pages pages, Optional<Integer> guest)
      implements Command {}

  /** INVALIDATE_INTERRUPT_TABLE: drops what is cached of a device's interrupt remapping entries. */
  record InvalidateInterrupts(RequesterId requester) implements Command {}

  /** PREFETCH_IOMMU_PAGES: a hint to cache translations of a device. */
  record Prefetch(RequesterId requester, long low, long high) implements Command {}

  /** COMPLETE_PPR_REQUEST: answers a device's page request. */
  record CompletePageRequest(RequesterId requester, long low, long high) implements Command {}

  /** INVALIDATE_IOMMU_ALL: drops all that is cached. */
  record InvalidateAll() implements Command {}

  /**
   * An operation that is not known, or one with reserved bits set: the unit logs
   * ILLEGAL_COMMAND_ERROR and stops.
   */
  record Illegal(long low, long high) implements Command {
    @Override
    public String toString() {
      return "illegal command " + Hex.of(low) + " " + Hex.of(high);
    }
  }

  /**
   * A naturally aligned run of pages.
   *
   * @param first its first address
   * @param order it has 2^order bytes, 12 to 64
   */
  record Pages(long first, int order) {
    /** The order of one page. */
    public static final int ORDER_MIN = 12;

    public Pages {
      if (order < ORDER_MIN || order > Long.SIZE) {
        throw new IllegalArgumentException("order out of range: " + order);
      }
      if ((first & BitField.lowMask(order)) != 0) {
        throw new IllegalArgumentException("not aligned to 2^" + order + ": " + Hex.of(first));
      }
    }

    /** All addresses. */
    public static final Pages ALL = new Pages(0, Long.SIZE);

    /** {@return the page of {@code address} alone} */
    public static Pages one(long address) {
      return new Pages(address & ~BitField.lowMask(ORDER_MIN), ORDER_MIN);
    }

    /** {@return the smallest run that holds all from {@code first} to {@code last}} */
    public static Pages covering(long first, long last) {
      int order = Math.max(ORDER_MIN, Long.SIZE - Long.numberOfLeadingZeros(first ^ last));
      return new Pages(first & ~BitField.lowMask(order), order);
    }

    /** {@return the last address} */
    public long last() {
      return first | BitField.lowMask(order);
    }
  }
}
