// SPDX-License-Identifier: Apache-2.0
package org.crashlane.image;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.ToLongFunction;
import org.crashlane.bits.Hex;
import org.crashlane.bits.MalformedInputException;
import org.crashlane.memory.PhysicalMemory;

/**
 * What a Linux kernel tells dump tools about itself: lines of {@code KEY=value} (Linux {@code
 * Documentation/admin-guide/kdump/vmcoreinfo.rst}, {@code include/linux/vmcore_info.h}).
 *
 * <p>A value is read when it is asked for. A missing one is empty; one that is not the number it
 * should be is a {@link MalformedInputException}. Lines that are no {@code KEY=value}, and keys
 * that come again with another value, are kept in {@link #problems()}; of the latter the last
 * counts, since a kernel writes CRASHTIME behind what it wrote at boot.
 */
public final class VmcoreInfo {
  /** Virtual address where x86-64 maps the kernel's image: {@code __START_KERNEL_map}. */
  private static final long START_KERNEL_MAP = 0xffffffff80000000L;

  private final String source;
  private final Map<String, Line> lines;
  private final List<String> problems;

  /** A value, and where its line begins in the text. */
  private record Line(String value, int offset) {}

  private VmcoreInfo(String source, Map<String, Line> lines, List<String> problems) {
    this.source = source;
    this.lines = lines;
    this.problems = List.copyOf(problems);
  }

  /**
   * Reads the lines; bytes from the first zero on are filling.
   *
   * @param source what is read, for messages
   */
  public static VmcoreInfo parse(String source, ByteBuffer text) {
    String all = StandardCharsets.ISO_8859_1.decode(text.duplicate()).toString();
    int zero = all.indexOf('\0');
    int end = zero < 0 ? all.length() : zero;
    Map<String, Line> lines = new LinkedHashMap<>();
    List<String> problems = new ArrayList<>();
    for (int start = 0; start < end; ) {
      int newline = all.indexOf('\n', start);
      int stop = newline < 0 || newline > end ? end : newline;
      addLine(all.substring(start, stop), start, lines, problems);
      start = stop + 1;
    }
    return new VmcoreInfo(source, lines, problems);
  }

  private static void addLine(
      String text, int offset, Map<String, Line> lines, List<String> problems) {
    int equals = text.indexOf('=');
    if (equals <= 0) {
      problems.add("at offset %s: no KEY=value: '%s'".formatted(Hex.of(offset), text));
      return;
    }
    String key = text.substring(0, equals);
    String value = text.substring(equals + 1);
    Line before = lines.put(key, new Line(value, offset));
    if (before != null && !before.value().equals(value)) {
      problems.add(
          "at offset %s: %s is '%s', and was '%s'"
              .formatted(Hex.of(offset), key, value, before.value()));
    }
  }

  /**
   * {@return what the first VMCOREINFO among {@code notes} says}
   *
   * @param source where the notes are from, for messages
   */
  public static Optional<VmcoreInfo> find(String source, List<ElfNote> notes) {
    return notes.stream()
        .filter(note -> note.name().equals(ElfNote.VMCOREINFO))
        .findFirst()
        .map(note -> parse(source + ": VMCOREINFO", note.descriptor()));
  }

  /**
   * Reads the note that is in memory where {@code /sys/kernel/vmcoreinfo} says.
   *
   * @param address physical address of the note
   * @param sizeBytes how many bytes the note may take
   * @throws MalformedInputException if there is no VMCOREINFO note
   * @throws org.crashlane.memory.UnreadableMemoryException if the memory cannot be read
   */
  public static VmcoreInfo read(PhysicalMemory memory, long address, int sizeBytes) {
    byte[] bytes = new byte[sizeBytes];
    memory.read(address, bytes, 0, sizeBytes);
    List<ElfNote> notes = new ArrayList<>();
    List<DumpProblem> problems = new ArrayList<>();
    ByteBuffer note = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    NoteParser.parse(note, address, notes, problems);
    return find(memory.source(), notes)
        .orElseThrow(() ->
            new MalformedInputException(
                memory.source(), address, "no VMCOREINFO note in memory there"));
  }

  /** {@return all values by key, as they are, in the order of the lines} */
  public Map<String, String> values() {
    Map<String, String> values = new LinkedHashMap<>();
    lines.forEach((key, line) -> values.put(key, line.value()));
    return Collections.unmodifiableMap(values);
  }

  /** {@return what is wrong with single lines} */
  public List<String> problems() {
    return problems;
  }

  /** {@return the value of {@code key}, which is the whole of what is before the =} */
  public Optional<String> value(String key) {
    return Optional.ofNullable(lines.get(key)).map(Line::value);
  }

  /** {@return OSRELEASE: the kernel's release, as {@code uname -r} prints it} */
  public Optional<String> osRelease() {
    return value("OSRELEASE");
  }

  /** {@return BUILD-ID of the kernel's image, in hexadecimal; since Linux 5.14} */
  public Optional<String> buildId() {
    return value("BUILD-ID");
  }

  /** {@return PAGESIZE, in bytes} */
  public OptionalLong pageSizeBytes() {
    return decimal("PAGESIZE");
  }

  /** {@return KERNELOFFSET: how far KASLR moved the kernel's virtual addresses, in bytes} */
  public OptionalLong kernelOffset() {
    return hexadecimal("KERNELOFFSET");
  }

  /** {@return CRASHTIME: when the kernel died, in seconds since 1970} */
  public OptionalLong crashTimeSeconds() {
    return decimal("CRASHTIME");
  }

  /** {@return SYMBOL(name): virtual address of a symbol, KASLR included} */
  public OptionalLong symbol(String name) {
    return hexadecimal("SYMBOL(" + name + ")");
  }

  /** {@return NUMBER(name): decimal, below zero too; hexadecimal where the kernel writes 0x} */
  public OptionalLong number(String name) {
    String key = "NUMBER(" + name + ")";
    return value(key).filter(v -> v.startsWith("0x")).isPresent() ? hexadecimal(key) : decimal(key);
  }

  /** {@return SIZE(name): size of a type, in bytes} */
  public OptionalLong sizeBytes(String name) {
    return decimal("SIZE(" + name + ")");
  }

  /** {@return OFFSET(type.member): where a member is in its type, in bytes} */
  public OptionalLong offsetBytes(String member) {
    return decimal("OFFSET(" + member + ")");
  }

  /** {@return LENGTH(name): how many elements an array has} */
  public OptionalLong length(String name) {
    return decimal("LENGTH(" + name + ")");
  }

  /**
   * {@return the physical address of {@code _stext}, where the kernel's text begins; x86-64 only,
   * empty where the kernel does not say phys_base (before Linux 4.10) or _stext}
   */
  public OptionalLong kernelTextPhysical() {
    OptionalLong text = symbol("_stext");
    OptionalLong base = number("phys_base");
    return text.isPresent() && base.isPresent()
        ? OptionalLong.of(text.getAsLong() - START_KERNEL_MAP + base.getAsLong())
        : OptionalLong.empty();
  }

  private OptionalLong decimal(String key) {
    return parsed(key, Long::parseLong, "decimal");
  }

  private OptionalLong hexadecimal(String key) {
    return parsed(key, Hex::parse, "hexadecimal");
  }

  private OptionalLong parsed(String key, ToLongFunction<String> parser, String kind) {
    Line line = lines.get(key);
    if (line == null) {
      return OptionalLong.empty();
    }
    try {
      return OptionalLong.of(parser.applyAsLong(line.value()));
    } catch (IllegalArgumentException e) {
      throw new MalformedInputException(
          source, line.offset(), "%s is no %s number: '%s'".formatted(key, kind, line.value()));
    }
  }

  @Override
  public String toString() {
    return "VMCOREINFO of " + osRelease().orElse("an unnamed kernel");
  }
}
