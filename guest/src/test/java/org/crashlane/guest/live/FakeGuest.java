// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.live;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.crashlane.bits.Hex;
import org.crashlane.guest.qmp.FakeQemu;
import org.crashlane.iommu.Register;
import org.crashlane.iommu.vtd.ContextEntry;
import org.crashlane.iommu.vtd.Registers;
import org.crashlane.iommu.vtd.RootEntry;
import org.crashlane.memory.AddressRange;
import org.crashlane.memory.MappedImage;
import org.crashlane.memory.WritableMemory;
import org.crashlane.pci.RequesterId;

/**
 * This process as a guest's: it has the guest's memory mapped from a file, a hole of zeros, and
 * speaks for the guest as a test wants. Its IOMMU translates by the root table in the memory.
 */
final class FakeGuest implements AutoCloseable {
  static final AddressRange MEMORY = AddressRange.ofSize(0, 64L << 20);
  static final AddressRange CRASH = AddressRange.ofSize(0x1000000, 0x1000000);

  static final long ROOT_TABLE = 0x400000;
  static final AddressRange UNIT = AddressRange.ofSize(0xfed90000L, 0x1000);
  private static final Map<Register, Long> REGISTERS =
      Map.of(
          Registers.VER, 0x10L,
          Registers.CAP, 0xd2008c40660462L,
          Registers.ECAP, 0xf00f4aL,
          Registers.GSTS, Registers.Gsts.TES.mask() | Registers.Gsts.RTPS.mask(),
          Registers.RTADDR, ROOT_TABLE);
  private static final Pattern READ =
      Pattern.compile("human-monitor-command xp /(\\d+)[gw]x 0x([0-9a-f]+)");
  private static final Pattern TRANSLATION =
      Pattern.compile("human-monitor-command gva2gpa 0x([0-9a-f]+)");

  private final Map<Integer, Long> registers = new ConcurrentHashMap<>();
  private final FileChannel channel;
  private final Arena arena = Arena.ofShared();
  private final MappedImage memory;
  private final FakeQemu qemu;

  /**
   * What a test has it say: of the processors, which bits are wrong in every word of its memory,
   * and to commands by name.
   */
  record Says(String processors, long wrongBits, Map<String, String> answers) {
    Says(String processors, long wrongBits) {
      this(processors, wrongBits, Map.of());
    }
  }

  private FakeGuest(Path socket, Path file, Says says) throws IOException {
    REGISTERS.forEach(this::register);
    channel =
        FileChannel.open(
            file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
    long host = channel.map(MapMode.READ_WRITE, 0, MEMORY.sizeBytes(), arena).address();
    memory = MappedImage.openRaw(file);
    Map<String, String> answers = new HashMap<>();
    answers.put(
        "query-memdev",
        "[{\"id\": \"ram\", \"share\": true, \"size\": %d}]".formatted(MEMORY.sizeBytes()));
    answers.put("query-pci", "[]");
    answers.put("query-status", "{\"running\": false, \"status\": \"paused\"}");
    printed(
        answers,
        "info mtree -f",
        "FlatView #0\\n AS \\\"memory\\\", root: system\\n"
            + line(MEMORY, "ram", "ram")
            + line(UNIT, "i/o", "intel_iommu"));
    printed(
        answers,
        "gpa2hva 0x0",
        "Host virtual address for 0x0 (ram) is 0x" + Long.toHexString(host));
    printed(answers, "info registers -a", says.processors);
    answers.putAll(says.answers);
    qemu =
        FakeQemu.listen(
            socket, FakeQemu.answering(c -> answers.getOrDefault(c, otherwise(c, says.wrongBits))));
  }

  /** Starts it, with a client to come. */
  static FakeGuest start(Path socket, Path file, Says says) throws IOException {
    return new FakeGuest(socket, file, says);
  }

  /** Has the tables let requests of {@code requester} pass untranslated. */
  static void passThrough(WritableMemory memory, RequesterId requester) {
    entry(memory, requester, ContextEntry.low(ContextEntry.TT_PASS_THROUGH, 0));
  }

  /** Has requests of {@code requester} translated by a table that maps nothing yet. */
  static void translate(WritableMemory memory, RequesterId requester, long table) {
    entry(memory, requester, ContextEntry.low(ContextEntry.TT_UNTRANSLATED_ONLY, table));
  }

  private static void entry(WritableMemory memory, RequesterId requester, long low) {
    long table = ROOT_TABLE + 0x1000 + requester.bus() * 0x1000L;
    memory.writeLong(ROOT_TABLE + requester.bus() * 16L, RootEntry.low(table));
    long entry = table + (long) requester.devfn() * ContextEntry.BYTES;
    memory.writeLong(entry + Long.BYTES, ContextEntry.high(4, 1));
    memory.writeLong(entry, low);
  }

  /** Has a register of its unit hold {@code value} from now on. */
  final void register(Register register, long value) {
    registers.put(register.offset(), value);
  }

  private static void printed(Map<String, String> answers, String command, String text) {
    answers.put("human-monitor-command " + command, "\"" + text + "\"");
  }

  private static String line(AddressRange range, String kind, String name) {
    return "  %016x-%016x (prio 0, %s): %s\\n".formatted(range.first(), range.last(), kind, name);
  }

  private String otherwise(String command, long wrongBits) {
    Matcher read = READ.matcher(command);
    Matcher translation = TRANSLATION.matcher(command);
    if (translation.matches()) {
      return "\"gpa: 0x" + translation.group(1) + "\"";
    }
    return read.matches()
        ? words(Hex.parse(read.group(2)), Integer.parseInt(read.group(1)), wrongBits)
        : "\"\"";
  }

  private String words(long address, int count, long wrongBits) {
    return IntStream.range(0, count)
        .mapToLong(i -> address + (long) i * Long.BYTES)
        .map(at ->
            UNIT.contains(at)
                ? registers.getOrDefault((int) (at - UNIT.first()), 0L)
                : memory.readLong(at) ^ wrongBits)
        .mapToObj(" 0x%016x"::formatted)
        .collect(Collectors.joining("", "\"%x:".formatted(address), "\""));
  }

  @Override
  public void close() throws IOException {
    qemu.close();
    memory.close();
    arena.close();
    channel.close();
  }
}
