// SPDX-License-Identifier: Apache-2.0
package org.crashlane.arming;

import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32C;
import org.crashlane.arming.JournalRecord.State;
import org.crashlane.bits.Hex;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.Window;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.Store;

/**
 * The words of a journal file. Text in UTF-8, one fact a line, so that a person can follow and
 * repair an arming without any tool:
 *
 * <pre>
 * crashlane-journal 1
 * target NAME
 * identity TEXT
 * crash FIRST-LAST                     one for each crash range, which is read and written
 * window FIRST-LAST RIGHTS             one for each other window: r-, -w
 * page FIRST-LAST                      one for each new table page
 * store ADDRESS BEFORE AFTER           one for each store, in order
 * end STORE_COUNT CHECKSUM
 * state ARMED CHECKSUM                 appended later, as are DISARMING, DISARMED
 * </pre>
 *
 * <p>Numbers are hexadecimal, the count excepted. A checksum is the CRC-32C of all bytes of the
 * file before it. A journal without a state line is in state PLANNED.
 */
final class JournalFormat {
  static final String MAGIC = "crashlane-journal";
  static final String VERSION = "1";
  static final String TARGET = "target";
  static final String IDENTITY = "identity";
  static final String CRASH = "crash";
  static final String WINDOW = "window";
  static final String PAGE = "page";
  static final String STORE = "store";
  static final String END = "end";
  static final String STATE = "state";
  private static final int CHECKSUM_DIGITS = 8;

  private JournalFormat() {}

  /** {@return the file of a journal in state PLANNED} */
  static byte[] encode(JournalRecord journal) {
    StringBuilder text = new StringBuilder();
    line(text, MAGIC, VERSION);
    line(text, TARGET, escape(journal.target().name()));
    line(text, IDENTITY, escape(journal.target().identity()));
    for (Window window : journal.windows()) {
      String range = window.range().toString();
      if (window.rights() == Permissions.READ_WRITE) {
        line(text, CRASH, range);
      } else {
        line(text, WINDOW, range, window.rights().toString());
      }
    }
    for (AddressRange page : journal.newPages()) {
      line(text, PAGE, page.toString());
    }
    for (Store store : journal.stores()) {
      line(text, STORE, Hex.of(store.address()), Hex.of(store.before()), Hex.of(store.after()));
    }
    text.append(END).append(' ').append(journal.stores().size()).append(' ');
    byte[] before = text.toString().getBytes(StandardCharsets.UTF_8);
    CRC32C crc = new CRC32C();
    crc.update(before);
    return text.append(checksum(crc)).append('\n').toString().getBytes(StandardCharsets.UTF_8);
  }

  /**
   * {@return the line that tells a new state}
   *
   * @param crc the checksum of all that the file holds so far
   */
  static byte[] encode(State state, CRC32C crc) {
    String words = STATE + " " + state + " ";
    crc.update(words.getBytes(StandardCharsets.UTF_8));
    return (words + checksum(crc) + "\n").getBytes(StandardCharsets.UTF_8);
  }

  static String checksum(CRC32C crc) {
    return Hex.of(crc.getValue(), CHECKSUM_DIGITS);
  }

  private static void line(StringBuilder text, String... words) {
    text.append(String.join(" ", words)).append('\n');
  }

  /** A file may be named with any character; a line ends at the first line end. */
  private static String escape(String text) {
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r");
  }
}
