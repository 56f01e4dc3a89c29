// SPDX-License-Identifier: Apache-2.0
package org.crashlane.iommu.amdvi;

import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.crashlane.bits.BitField;
import org.crashlane.bits.Layout;
import org.crashlane.iommu.amdvi.Command.Pages;
import org.crashlane.pci.RequesterId;

/** How commands are held in two words, an operation code on top of the first. */
public final class CommandFormat {
  /** What a command asks for. */
  public static final BitField OPCODE = BitField.bits("OpCode", 63, 60);

  static final int COMPLETION_WAIT = 1;

  /** Drop what is cached of a device's entry. */
  public static final int INVALIDATE_DEVTAB_ENTRY = 2;

  /** Drop cached translations of a domain. */
  public static final int INVALIDATE_IOMMU_PAGES = 3;

  static final int INVALIDATE_IOTLB_PAGES = 4;
  static final int INVALIDATE_INTERRUPT_TABLE = 5;
  static final int PREFETCH_IOMMU_PAGES = 6;
  static final int COMPLETE_PPR_REQUEST = 7;
  static final int INVALIDATE_IOMMU_ALL = 8;

  private static final BitField STORE = BitField.bit("s", 0);
  private static final BitField INTERRUPT = BitField.bit("i", 1);
  private static final BitField FLUSH = BitField.bit("f", 2);
  private static final BitField STORE_ADDRESS = BitField.bits("StoreAddress", 51, 3);
  private static final BitField STORE_DATA = BitField.bits("StoreData", 63, 0);

  /** Whose entry, tables or interrupts. */
  public static final BitField DEVICE_ID = BitField.bits("DeviceID", 15, 0);

  private static final BitField PASID = BitField.bits("PASID", 19, 0);

  /** Which domain's translations. */
  public static final BitField DOMAIN_ID = BitField.bits("DomainID", 47, 32);

  private static final BitField PASID_7_0 = BitField.bits("PASID_7_0", 23, 16);
  private static final BitField MAXPEND = BitField.bits("Maxpend", 31, 24);
  private static final BitField QUEUE_ID = BitField.bits("QueueID", 47, 32);
  private static final BitField PASID_19_8 = BitField.bits("PASID_19_8", 59, 48);
  private static final BitField PFCOUNT = BitField.bits("PFCount", 31, 24);
  private static final BitField PPR_PASID = BitField.bits("PASID", 51, 32);
  private static final BitField PPR_TAG = BitField.bits("CompletionTag", 47, 32);

  /** Size: the address codes how much; otherwise one page. */
  public static final BitField S = BitField.bit("S", 0);

  /** Entries above the leaves too. */
  public static final BitField PDE = BitField.bit("PDE", 1);

  /** A guest's translations, not the host's. */
  public static final BitField GN = BitField.bit("GN", 2);

  private static final BitField TYPE = BitField.bits("Type", 5, 4);
  private static final BitField ADDRESS = BitField.bits("Address", 63, 12);

  /**
   * The fields of a command's two words.
   *
   * @param low with the operation code
   */
  private record Words(Layout low, Layout high) {
    static Words of(String name, Layout high, BitField... low) {
      BitField[] all = new BitField[low.length + 1];
      System.arraycopy(low, 0, all, 0, low.length);
      all[low.length] = OPCODE;
      return new Words(Layout.of(name, all), high);
    }
  }

  private static final Layout NONE = Layout.of("no fields");

  /** By operation code; bits in no field are reserved. */
  private static final Map<Integer, Words> WORDS =
      Map.of(
          COMPLETION_WAIT,
          Words.of(
              "COMPLETION_WAIT",
              Layout.of("store data", STORE_DATA),
              STORE,
              INTERRUPT,
              FLUSH,
              STORE_ADDRESS),
          INVALIDATE_DEVTAB_ENTRY,
          Words.of("INVALIDATE_DEVTAB_ENTRY", NONE, DEVICE_ID),
          INVALIDATE_IOMMU_PAGES,
          Words.of(
              "INVALIDATE_IOMMU_PAGES", Layout.of("pages", S, PDE, GN, ADDRESS), PASID, DOMAIN_ID),
          INVALIDATE_IOTLB_PAGES,
          Words.of(
              "INVALIDATE_IOTLB_PAGES",
              Layout.of("pages of a device", S, GN, TYPE, ADDRESS),
              DEVICE_ID,
              PASID_7_0,
              MAXPEND,
              QUEUE_ID,
              PASID_19_8),
          INVALIDATE_INTERRUPT_TABLE,
          Words.of("INVALIDATE_INTERRUPT_TABLE", NONE, DEVICE_ID),
          PREFETCH_IOMMU_PAGES,
          Words.of(
              "PREFETCH_IOMMU_PAGES",
              Layout.of("pages ahead", S, PDE, GN, TYPE, ADDRESS),
              DEVICE_ID,
              PASID_7_0,
              PFCOUNT,
              QUEUE_ID,
              PASID_19_8),
          COMPLETE_PPR_REQUEST,
          Words.of("COMPLETE_PPR_REQUEST", Layout.of("answer", GN, PPR_TAG), DEVICE_ID, PPR_PASID),
          INVALIDATE_IOMMU_ALL,
          Words.of("INVALIDATE_IOMMU_ALL", NONE));

  private CommandFormat() {}

  static Command decode(long low, long high) {
    int opcode = (int) OPCODE.get(low);
    Words words = WORDS.get(opcode);
    if (words == null || ((low & ~words.low().mask()) | (high & ~words.high().mask())) != 0) {
      return new Command.Illegal(low, high);
    }
    RequesterId device = new RequesterId((int) DEVICE_ID.get(low));
    return switch (opcode) {
      case COMPLETION_WAIT ->
          new Command.CompletionWait(
              STORE.isSet(low) ? OptionalLong.of(STORE_ADDRESS.inPlace(low)) : OptionalLong.empty(),
              high,
              INTERRUPT.isSet(low),
              FLUSH.isSet(low));
      case INVALIDATE_DEVTAB_ENTRY -> new Command.InvalidateDeviceEntry(device);
      case INVALIDATE_IOMMU_PAGES ->
          new Command.InvalidatePages(
              (int) DOMAIN_ID.get(low), pages(high), PDE.isSet(high), guest(PASID.get(low), high));
      case INVALIDATE_IOTLB_PAGES ->
          new Command.InvalidateIotlb(
              device,
              (int) MAXPEND.get(low),
              (int) QUEUE_ID.get(low),
              pages(high),
              guest(PASID_7_0.get(low) | PASID_19_8.get(low) << PASID_7_0.width(), high));
      case INVALIDATE_INTERRUPT_TABLE -> new Command.InvalidateInterrupts(device);
      case PREFETCH_IOMMU_PAGES -> new Command.Prefetch(device, low, high);
      case COMPLETE_PPR_REQUEST -> new Command.CompletePageRequest(device, low, high);
      default -> new Command.InvalidateAll();
    };
  }

  private static Optional<Integer> guest(long pasid, long high) {
    return GN.isSet(high) ? Optional.of((int) pasid) : Optional.empty();
  }

  /** The lowest zero bit of the address, from bit 12 up, is the upper half's. */
  private static Pages pages(long high) {
    long address = ADDRESS.inPlace(high);
    if (!S.isSet(high)) {
      return Pages.one(address);
    }
    int order = Long.numberOfTrailingZeros(~(address | BitField.lowMask(ADDRESS.low()))) + 1;
    // All ones are undefined; what drops too much is never wrong.
    return order > Long.SIZE ? Pages.ALL : new Pages(address & ~BitField.lowMask(order), order);
  }

  private static long code(Pages pages) {
    if (pages.order() == Pages.ORDER_MIN) {
      return pages.first();
    }
    long ones = BitField.lowMask(pages.order() - 1) & ADDRESS.mask();
    return pages.first() | ones | S.of(1);
  }

  static long low(Command command) {
    return switch (command) {
      case Command.CompletionWait wait ->
          OPCODE.of(COMPLETION_WAIT)
              | (wait.storeAddress().isPresent() ? STORE.of(1) : 0)
              | STORE_ADDRESS.inPlace(wait.storeAddress().orElse(0))
              | INTERRUPT.of(wait.interrupt() ? 1 : 0)
              | FLUSH.of(wait.flush() ? 1 : 0);
      case Command.InvalidateDeviceEntry entry ->
          OPCODE.of(INVALIDATE_DEVTAB_ENTRY) | DEVICE_ID.of(entry.requester().value());
      case Command.InvalidatePages pages ->
          OPCODE.of(INVALIDATE_IOMMU_PAGES)
              | DOMAIN_ID.of(pages.domainId())
              | PASID.of(pages.guest().orElse(0));
      case Command.InvalidateIotlb iotlb ->
          OPCODE.of(INVALIDATE_IOTLB_PAGES)
              | DEVICE_ID.of(iotlb.requester().value())
              | MAXPEND.of(iotlb.maximumPending())
              | QUEUE_ID.of(iotlb.queueId())
              | PASID_7_0.of(iotlb.guest().orElse(0) & BitField.lowMask(PASID_7_0.width()))
              | PASID_19_8.of(iotlb.guest().orElse(0) >>> PASID_7_0.width());
      case Command.InvalidateInterrupts interrupts ->
          OPCODE.of(INVALIDATE_INTERRUPT_TABLE) | DEVICE_ID.of(interrupts.requester().value());
      case Command.Prefetch prefetch -> prefetch.low();
      case Command.CompletePageRequest request -> request.low();
      case Command.InvalidateAll _ -> OPCODE.of(INVALIDATE_IOMMU_ALL);
      case Command.Illegal illegal -> illegal.low();
    };
  }

  static long high(Command command) {
    return switch (command) {
      case Command.CompletionWait wait -> wait.storeData();
      case Command.InvalidatePages pages ->
          code(pages.pages())
              | PDE.of(pages.directories() ? 1 : 0)
              | GN.of(pages.guest().isPresent() ? 1 : 0);
      case Command.InvalidateIotlb iotlb ->
          code(iotlb.pages()) | GN.of(iotlb.guest().isPresent() ? 1 : 0);
      case Command.Prefetch prefetch -> prefetch.high();
      case Command.CompletePageRequest request -> request.high();
      case Command.Illegal illegal -> illegal.high();
      case Command.InvalidateDeviceEntry _,
          Command.InvalidateInterrupts _,
          Command.InvalidateAll _ ->
          0;
    };
  }
}
