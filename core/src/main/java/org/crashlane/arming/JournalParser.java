// SPDX-License-Identifier: Apache-2.0
package org.crashlane.arming;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;
import org.crashlane.arming.JournalRecord.State;
import org.crashlane.bits.Alignment;
import org.crashlane.bits.Hex;
import org.crashlane.bits.MalformedInputException;
import org.crashlane.iommu.Geometry;
import org.crashlane.iommu.Permissions;
import org.crashlane.iommu.Window;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.Store;

/** Reads a journal file, line by line, refusing whatever {@link JournalFormat} does not say. */
final class JournalParser {
  private static final String FIELDS = " ";
  private static final int SEALED_WORDS = 3;
  private static final int STORE_WORDS = 4;
  private static final int AFTER = 3;

  private final String source;
  private final byte[] file;
  private final CRC32C crc = new CRC32C();
  private int summedBytes;
  private int lineStart;
  private int next;

  private final List<Window> windows = new ArrayList<>();
  private final List<AddressRange> newPages = new ArrayList<>();
  private final List<Store> stores = new ArrayList<>();
  private int identityOffset;

  JournalParser(String source, byte[] file) {
    this.source = source;
    this.file = file;
  }

  /**
   * What was read.
   *
   * @param journal what the journal holds
   * @param identityOffset where its target's identity stands
   * @param validBytes how much of the file counts: an append that was cut off does not
   */
  record Parsed(JournalRecord journal, int identityOffset, int validBytes) {}

  Parsed parse() {
    header();
    String name = unescape(words(JournalFormat.TARGET));
    String identity = unescape(words(JournalFormat.IDENTITY));
    identityOffset = lineStart;
    try {
      body();
    } catch (IllegalArgumentException e) {
      throw malformed(String.valueOf(e.getMessage()));
    }
    State state = State.PLANNED;
    while (hasLine()) {
      state = state(line());
    }
    Target target = new Target(name, identity);
    return new Parsed(
        new JournalRecord(target, windows, newPages, stores, state), identityOffset, next);
  }

  private void header() {
    String magic = JournalFormat.MAGIC + FIELDS;
    String line = hasLine() ? line() : "";
    if (!line.startsWith(magic)) {
      throw malformed("not a crashlane journal");
    }
    String version = line.substring(magic.length());
    if (!version.equals(JournalFormat.VERSION)) {
      throw malformed("a journal of version '" + version + "'; only version 1 is known here");
    }
  }

  private void body() {
    while (true) {
      String line = required();
      String[] words = line.split(FIELDS, -1);
      switch (words[0]) {
        case JournalFormat.CRASH -> windows.add(Window.ofCrashRange(range(words)));
        case JournalFormat.WINDOW -> windows.add(window(words));
        case JournalFormat.PAGE -> newPages.add(page(words));
        case JournalFormat.STORE -> stores.add(store(words));
        case JournalFormat.END -> {
          end(words);
          return;
        }
        default -> throw malformed("unknown line '" + words[0] + "'");
      }
    }
  }

  private AddressRange range(String[] words) {
    requireWords(words, 2);
    return AddressRange.parse(words[1]);
  }

  /** Tables are as large as the smallest page that they map, and all of an arming are alike. */
  private AddressRange page(String[] words) {
    AddressRange page = range(words);
    long bytes = page.sizeBytes();
    boolean isPage =
        bytes >= Geometry.PAGE_BYTES_MIN
            && bytes <= Geometry.PAGE_BYTES_MAX
            && Long.bitCount(bytes) == 1
            && Alignment.isAligned(page.first(), bytes)
            && (newPages.isEmpty() || newPages.getFirst().sizeBytes() == bytes);
    if (!isPage) {
      throw malformed("not a page of tables: " + words[1]);
    }
    return page;
  }

  private Window window(String[] words) {
    requireWords(words, 3);
    for (Permissions rights : Permissions.values()) {
      if (rights.toString().equals(words[2])) {
        return new Window(AddressRange.parse(words[1]), rights);
      }
    }
    throw malformed("unknown rights '" + words[2] + "'");
  }

  private Store store(String[] words) {
    requireWords(words, STORE_WORDS);
    return new Store(Hex.parse(words[1]), Hex.parse(words[2]), Hex.parse(words[AFTER]));
  }

  private void end(String[] words) {
    requireSealed(words);
    if (!words[1].equals(Integer.toString(stores.size()))) {
      throw malformed("says " + words[1] + " stores, but has " + stores.size());
    }
  }

  private State state(String line) {
    String[] words = line.split(FIELDS, -1);
    if (!words[0].equals(JournalFormat.STATE)) {
      throw malformed("unknown line '" + words[0] + "' where a state was expected");
    }
    requireSealed(words);
    for (State state : State.values()) {
      if (state.name().equals(words[1])) {
        return state;
      }
    }
    throw malformed("unknown state '" + words[1] + "'");
  }

  private void requireSealed(String[] words) {
    requireWords(words, SEALED_WORDS);
    String told = words[SEALED_WORDS - 1];
    int end = next - 1 - told.length();
    crc.update(file, summedBytes, end - summedBytes);
    summedBytes = end;
    if (!told.equals(JournalFormat.checksum(crc))) {
      throw malformed("checksum " + told + " is wrong: expected " + JournalFormat.checksum(crc));
    }
  }

  private void requireWords(String[] words, int count) {
    if (words.length != count) {
      throw malformed(words[0] + " line with " + words.length + " words");
    }
  }

  private String words(String key) {
    String line = required();
    if (!line.startsWith(key + FIELDS)) {
      throw malformed("no line '" + key + "' where it should be");
    }
    return line.substring(key.length() + 1);
  }

  private String unescape(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
    try {
      return new String(bytes, StandardCharsets.UTF_8).translateEscapes();
    } catch (IllegalArgumentException e) {
      throw malformed(String.valueOf(e.getMessage()));
    }
  }

  private boolean hasLine() {
    for (int i = next; i < file.length; i++) {
      if (file[i] == '\n') {
        return true;
      }
    }
    return false;
  }

  private String required() {
    if (!hasLine()) {
      throw new MalformedInputException(source, file.length, "the journal is cut off here");
    }
    return line();
  }

  /** {@return the next line, a character for each byte: so its length is that in the file} */
  private String line() {
    lineStart = next;
    while (file[next] != '\n') {
      next++;
    }
    String line = new String(file, lineStart, next - lineStart, StandardCharsets.ISO_8859_1);
    next++;
    return line;
  }

  private MalformedInputException malformed(String reason) {
    return new MalformedInputException(source, lineStart, reason);
  }
}
