// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.crash;

import java.util.List;
import java.util.stream.Stream;
import org.crashlane.memory.AddressRange;
import org.crashlane.model.crash.Violation.Kind;
import org.crashlane.model.hardware.Page;
import org.crashlane.rule.Evidence.Amount;
import org.crashlane.rule.Evidence.Quantity;
import org.crashlane.rule.Subject.Part;

/**
 * Holds the dump against memory at the panic, byte for byte. Bytes that a device wrote since by the
 * primary's own mappings, and the log of an IOMMU, are left out: no dump can have them as they
 * were. They are what memory holds now; whatever else the dump has there is wrong.
 */
final class DumpCheck {
  /** How many pages are looked at in one go. */
  private static final int RUN_PAGES = 256;

  private DumpCheck() {}

  static void check(World world) {
    DumpMap map = world.dumpMap();
    for (long number = 0; number < map.pageCount(); ) {
      int count = map.run(number, RUN_PAGES);
      Page[] dumped = world.disk(world.dumpDevice()).blocks(World.DUMP_BLOCK + number, count);
      Page[] then = world.memoryAtPanic().share(map.address(number), count);
      for (int i = 0; i < count; i++) {
        if (!dumped[i].sameBytes(then[i])) {
          differs(world, map.address(number + i), dumped[i], then[i]);
        }
      }
      number += count;
    }
  }

  private static void differs(World world, long address, Page dumped, Page then) {
    int wrong = wrongBytes(world, address, dumped, then);
    if (wrong == 0) {
      return;
    }
    world.seen().dumpDiffers(wrong);
    boolean byCapture = world.seen().isWrittenByCapture(address);
    if (byCapture) {
      world.seen().dumpDiffersByCapture(wrong);
    }
    world
        .partAt(address)
        .filter(part -> byCapture || part.isWrittenByIommu())
        .ifPresent(part -> world.seen().ownPageDiffers(part, wrong));
    world.violated(
        Kind.DUMP_DIFFERS,
        (which, step) ->
            new Violation(
                which,
                step,
                Part.DUMP_DISK,
                address,
                address,
                wrong,
                List.of(new Amount(Quantity.BYTES_OF_DUMP_DIFFERENT, wrong))));
  }

  private static int wrongBytes(World world, long address, Page dumped, Page then) {
    List<AddressRange> mayChange = mayChange(world, AddressRange.ofSize(address, Page.BYTES));
    int wrong = 0;
    Page now = world.memory().share(address);
    for (int word = 0; word < Page.WORDS; word++) {
      if (dumped.get(word) == then.get(word)) {
        continue;
      }
      int first = word * Long.BYTES;
      for (int at = first; at < first + Long.BYTES; at++) {
        if (dumped.byteAt(at) != then.byteAt(at)
            && (dumped.byteAt(at) != now.byteAt(at) || !contains(mayChange, address + at))) {
          wrong++;
        }
      }
    }
    return wrong;
  }

  /** {@return what of {@code page} may rightly have changed since the panic} */
  private static List<AddressRange> mayChange(World world, AddressRange page) {
    long encrypted = world.plan().machine().encryption().addressMask();
    return Stream.concat(
            world.primaryLedger().writable().stream()
                .map(range -> AddressRange.ofSize(range.first() & ~encrypted, range.sizeBytes())),
            world.logsAtPanic().stream())
        .filter(page::overlaps)
        .toList();
  }

  private static boolean contains(List<AddressRange> ranges, long address) {
    for (AddressRange range : ranges) {
      if (range.contains(address)) {
        return true;
      }
    }
    return false;
  }
}
