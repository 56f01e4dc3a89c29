// SPDX-License-Identifier: Apache-2.0
package org.crashlane.acpi;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.crashlane.bits.Hex;
import org.crashlane.bits.MalformedInputException;

/**
 * Text with bytes in hexadecimal: lines with an offset, up to 16 bytes and, behind a wider gap, the
 * same bytes as characters. A line with offset 0 begins the next block of bytes, as does a line
 * with a signature, {@code DMAR @ 0x...}. A line {@code *} represents repetitions of the line
 * above.
 */
final class HexListing {
  private static final int LINE_BYTES = 16;

  /** As in no real table: a listing of few lines must not fill the memory. */
  private static final int BLOCK_BYTES_MAX = 1 << 24;

  private static final int HEX_RADIX = 16;
  private static final String REPEATED = "*";

  /** No line of a listing is longer; one of nothing but digits may be. */
  private static final int LINE_CHARACTERS_MAX = 1000;

  private static final int BARE_DIGITS_MIN = 8;
  private static final Pattern HEADING =
      Pattern.compile("\\s*\"?([A-Z0-9_!]{4})\"?(?:\\s*@.*|\\s*:)?\\s*");
  private static final Pattern WITH_OFFSET =
      Pattern.compile("\\s*(?:0x)?([0-9A-Fa-f]{1,16})(:?)(\\s{1,4})([0-9A-Fa-f]{2,8}(?:\\s.*)?)");
  private static final Pattern GROUP = Pattern.compile("([0-9A-Fa-f]+)(\\s*)");

  /** What a mail that quotes a listing, or the kernel's log, puts in front of its lines. */
  private static final Pattern IN_FRONT =
      Pattern.compile(
          "(?:\\s*[>|])*\\s?(?:[^|]{0,100} kernel: )?(?:<[0-9]+>)?"
              + "(?:\\[ *[0-9]+\\.[0-9]+\\] )?");

  private static final Pattern FIELD_OF_IASL = Pattern.compile("\\[[0-9A-Fa-f]{3,}h .*");

  private final String source;
  private final List<Block> blocks = new ArrayList<>();
  private ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private int firstLine;
  private int line;
  private boolean repeats;
  private boolean hasFields;

  /** The bytes of one table. */
  static final class Block {
    private final int line;
    private final byte[] bytes;

    private Block(int line, byte[] bytes) {
      this.line = line;
      this.bytes = bytes;
    }

    /** {@return the line where they begin, from 1} */
    int line() {
      return line;
    }

    byte[] bytes() {
      return bytes;
    }

    /** {@return the first four characters, or as many as there are} */
    String signature() {
      int count = Math.min(bytes.length, AcpiHeader.SIGNATURE_BYTES);
      return new String(bytes, 0, count, StandardCharsets.ISO_8859_1);
    }
  }

  private HexListing(String source) {
    this.source = source;
  }

  /**
   * {@return the blocks of bytes in {@code text}, in their order, one or more}
   *
   * @throws MalformedInputException if there are none, or lines of one are missing
   */
  static List<Block> read(String source, byte[] text) {
    HexListing listing = new HexListing(source);
    new String(text, StandardCharsets.ISO_8859_1).lines().forEach(listing::add);
    listing.endBlock();
    if (listing.blocks.isEmpty()) {
      throw new MalformedInputException(
          source,
          0,
          listing.hasFields
              ? "the listing has iasl's fields but not the bytes: expected its lines behind \"Raw"
                  + " Table Data\""
              : "the text contains no bytes of a table: expected lines as acpidump, iasl, xxd or"
                  + " hexdump print them");
    }
    return listing.blocks;
  }

  private void add(String whole) {
    line++;
    String text = withoutFront(whole);
    if (FIELD_OF_IASL.matcher(text).matches()) {
      hasFields = true;
      return;
    }
    if (text.strip().equals(REPEATED)) {
      repeats = bytes.size() >= LINE_BYTES;
      return;
    }
    if (isBare(text)) {
      byte[] content = HexFormat.of().parseHex(text.replaceAll("\\s", ""));
      if (bytes.size() > 0 || content.length >= AcpiHeader.SIGNATURE_BYTES) {
        append(content);
      }
    } else if (text.length() <= LINE_CHARACTERS_MAX) {
      Matcher offset = WITH_OFFSET.matcher(text);
      if (HEADING.matcher(text).matches()) {
        endBlock();
      } else if (offset.matches()) {
        addWithOffset(offset);
      }
    }
  }

  private static String withoutFront(String text) {
    Matcher front = IN_FRONT.matcher(text);
    return front.lookingAt() ? text.substring(front.end()) : text;
  }

  /** Digits without an offset: in pairs, or all behind each other. */
  private static boolean isBare(String text) {
    int digits = 0;
    int run = 0;
    int longestRun = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (Character.isWhitespace(c)) {
        if (run % 2 != 0) {
          return false;
        }
        run = 0;
      } else if (HexFormat.isHexDigit(c)) {
        run++;
        digits++;
        longestRun = Math.max(longestRun, run);
      } else {
        return false;
      }
    }
    boolean inPairs = longestRun == 2;
    boolean inOne = longestRun == digits && digits >= BARE_DIGITS_MIN;
    return run % 2 == 0 && (inPairs || inOne);
  }

  private void addWithOffset(Matcher parts) {
    long offset = Long.parseUnsignedLong(parts.group(1), HEX_RADIX);
    byte[] content = content(parts.group(4), parts.group(2).isEmpty());
    if (content.length == 0) {
      return;
    }
    if (offset == 0) {
      endBlock();
    }
    if (repeats) {
      repeatTo(offset);
    }
    if (offset != bytes.size()) {
      throw new MalformedInputException(
          source + ":" + line,
          bytes.size(),
          "the line is of offset %s, expected %s: lines are missing"
              .formatted(Hex.of(offset), Hex.of(bytes.size())));
    }
    append(content);
  }

  private void repeatTo(long offset) {
    repeats = false;
    byte[] all = bytes.toByteArray();
    byte[] last = Arrays.copyOfRange(all, all.length - LINE_BYTES, all.length);
    while (bytes.size() < Math.min(offset, BLOCK_BYTES_MAX)) {
      bytes.writeBytes(last);
    }
  }

  /** The bytes in front of the characters. */
  private static byte[] content(String text, boolean maySwap) {
    ByteArrayOutputStream content = new ByteArrayOutputStream();
    boolean hasBars = text.indexOf('|') >= 0;
    Matcher group = GROUP.matcher(text);
    while (content.size() < LINE_BYTES && group.lookingAt()) {
      String digits = group.group(1);
      int gap = group.group(2).length();
      boolean isWhole = digits.length() % 2 == 0 && digits.length() <= 2 * Long.BYTES;
      if (!isWhole || (gap == 0 && group.end() < text.length())) {
        break;
      }
      byte[] next = HexFormat.of().parseHex(digits);
      // Without options hexdump prints words of two bytes, the low one last, and no colon.
      if (maySwap && next.length == Short.BYTES) {
        next = new byte[] {next[1], next[0]};
      }
      content.writeBytes(next);
      boolean isMiddle = hasBars && content.size() == LINE_BYTES / 2;
      if (gap > 2 || (gap == 2 && !isMiddle)) {
        break;
      }
      group.region(group.end(), text.length());
    }
    return content.toByteArray();
  }

  private void append(byte[] content) {
    if (bytes.size() == 0) {
      firstLine = line;
    }
    bytes.writeBytes(content);
  }

  private void endBlock() {
    repeats = false;
    if (bytes.size() > 0) {
      blocks.add(new Block(firstLine, bytes.toByteArray()));
      bytes = new ByteArrayOutputStream();
    }
  }
}
