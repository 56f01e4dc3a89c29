// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import java.math.BigInteger;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.crashlane.guest.lab.DiskKind;
import org.crashlane.guest.lab.Topology;
import org.crashlane.guest.lab.iommu.IommuSetup.LinuxOption;
import org.crashlane.guest.lab.net.NetworkCard;
import org.crashlane.guest.lab.parts.Accelerator;
import org.crashlane.guest.lab.parts.QemuSpec;
import org.crashlane.memory.AddressRange;
import org.crashlane.model.crash.ArmTiming;
import org.crashlane.model.spec.file.NearestName;
import org.crashlane.pci.PciAddress;
import org.crashlane.pci.RequesterId;
import org.crashlane.rehearsal.MappingMode;
import org.crashlane.rehearsal.Strategy;
import picocli.CommandLine;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** What users write on the command line, as values: one way for each type, for all commands. */
final class Converters {
  private static final Pattern SIZE = Pattern.compile("([1-9][0-9]*)([KMGT])");
  private static final long SIZE_MAX_BYTES = 1L << 52;
  private static final String SIZE_UNITS = "KMGT";
  private static final int UNIT_SHIFT = 10;
  private static final String ALL = "all";
  private static final String LIST = "list";

  private Converters() {}

  /** {@return {@code line}, which reads its values so, as do all its commands} */
  static CommandLine register(CommandLine line) {
    line.registerConverter(int.class, text -> number(text, Integer::valueOf, Integer.MAX_VALUE));
    line.registerConverter(
        Integer.class, text -> number(text, Integer::valueOf, Integer.MAX_VALUE));
    line.registerConverter(long.class, text -> number(text, Long::valueOf, Long.MAX_VALUE));
    line.registerConverter(Long.class, text -> number(text, Long::valueOf, Long.MAX_VALUE));
    line.registerConverter(AddressRange.class, Converters::range);
    line.registerConverter(RequesterId.class, Converters::requester);
    line.registerConverter(GuestSocket.class, Converters::guest);
    line.registerConverter(MappingNames.class, Converters::mappings);
    line.registerConverter(StrategyNames.class, Converters::strategies);
    line.registerConverter(StageName.class, text -> constant(text, StageName.values()));
    line.registerConverter(ExitCode.FailOn.class, text -> constant(text, ExitCode.FailOn.values()));
    line.registerConverter(
        OutputOptions.Color.class, text -> constant(text, OutputOptions.Color.values()));
    line.registerConverter(HandName.class, text -> constant(text, HandName.values()));
    line.registerConverter(Accelerator.class, text -> constant(text, Accelerator.values()));
    line.registerConverter(DiskKind.class, text -> constant(text, DiskKind.values()));
    line.registerConverter(LinuxOption.class, text -> constant(text, LinuxOption.values()));
    line.registerConverter(
        Topology.class, text -> one(text, List.of(Topology.values()), Topology::label));
    line.registerConverter(
        NetworkCard.class, text -> one(text, NetworkCard.RECEIVING, NetworkCard::label));
    line.registerConverter(
        QemuOptions.DumpTarget.class, text -> constant(text, QemuOptions.DumpTarget.values()));
    line.registerConverter(KernelName.class, text -> meant(text, KernelName::parse));
    line.registerConverter(QemuSpec.class, text -> meant(text, QemuSpec::read));
    line.registerConverter(
        QemuOptions.Switch.class, text -> constant(text, QemuOptions.Switch.values()));
    line.registerConverter(
        ArmTiming.class, text -> one(text, List.of(ArmTiming.values()), ArmTiming::label));
    line.registerConverter(ModelOptions.FaultName.class, ModelOptions.FaultName::parse);
    return line;
  }

  /** Sizes as QEMU takes them: a number with K, M, G or T behind it, powers of 1024. */
  static final class Size implements ITypeConverter<Long> {
    @Override
    public Long convert(String text) {
      Matcher matcher = SIZE.matcher(text.toUpperCase(Locale.ROOT));
      if (!matcher.matches()) {
        throw new TypeConversionException("'" + text + "': expected a size such as 512M or 6G");
      }
      int unit = SIZE_UNITS.indexOf(matcher.group(2)) + 1;
      BigInteger bytes = new BigInteger(matcher.group(1)).shiftLeft(unit * UNIT_SHIFT);
      if (bytes.compareTo(BigInteger.valueOf(SIZE_MAX_BYTES)) > 0) {
        throw new TypeConversionException("'" + text + "': expected at most 4096T");
      }
      return bytes.longValueExact();
    }
  }

  private static <T extends Number> T number(String text, Function<String, T> parser, T largest) {
    try {
      return parser.apply(text);
    } catch (NumberFormatException e) {
      String limit = text.matches("[0-9]+") ? " of at most %,d".formatted(largest.longValue()) : "";
      throw new TypeConversionException("'" + text + "': expected a whole number" + limit);
    }
  }

  private static <T> T parsed(String text, Function<String, T> parser) {
    try {
      return parser.apply(text);
    } catch (IllegalArgumentException e) {
      throw new TypeConversionException(e.getMessage());
    }
  }

  private static AddressRange range(String text) {
    if (text.indexOf('-') < 0) {
      throw new TypeConversionException(
          "'%s' is no range: expected FIRST-LAST in hexadecimal, as /proc/iomem has it (\"Crash"
                  .formatted(text)
              + " kernel\" is the crash range)");
    }
    return parsed(text, AddressRange::parse);
  }

  /** Devices as {@code lspci} prints them, with or without the segment, which must be 0. */
  static RequesterId requester(String text) {
    PciAddress address = parsed(text, PciAddress::parse);
    if (address.segment() != 0) {
      throw new TypeConversionException("'" + text + "' is in another segment than 0000");
    }
    return address.requester();
  }

  private static GuestSocket guest(String text) {
    String scheme = GuestSocket.SCHEME;
    if (!text.startsWith(scheme) || text.length() == scheme.length()) {
      throw new TypeConversionException(
          Meant.of(text)
              .filter(meant -> meant.kind() != Meant.Kind.GUEST)
              .map(meant -> meant.question(text))
              .orElseGet(() ->
                  "'%s' is no guest: expected qemu:SOCKET, the socket of QEMU's -qmp"
                          .formatted(text)
                      + " unix:SOCKET,server=on"));
    }
    return new GuestSocket(Path.of(text.substring(scheme.length())));
  }

  private static MappingNames mappings(String text) {
    List<String> words = words(text, labels(List.of(MappingMode.values()), MappingMode::label));
    return new MappingNames(
        Arrays.stream(MappingMode.values()).filter(m -> words.contains(m.label())).toList());
  }

  private static StrategyNames strategies(String text) {
    Map<String, Strategy> labels = labels(List.of(Strategy.values()), Strategy::label);
    labels.put(ALL, Strategy.NONE);
    if (text.equalsIgnoreCase(LIST)) {
      return StrategyNames.list();
    }
    labels.put(LIST, Strategy.NONE);
    List<String> words = words(text, labels);
    if (words.contains(LIST)) {
      throw new TypeConversionException("list is asked for alone");
    }
    return new StrategyNames(
        Arrays.stream(Strategy.values())
            .filter(s -> words.contains(ALL) || words.contains(s.label()))
            .toList());
  }

  /** {@return the names in {@code text}, parted by commas, each of which is known} */
  private static List<String> words(String text, Map<String, ?> known) {
    List<String> words = List.of(text.toLowerCase(Locale.ROOT).split(",", -1));
    for (String word : words) {
      if (!known.containsKey(word)) {
        throw new TypeConversionException(
            Meant.of(word)
                .filter(_ -> NearestName.of(word, known.keySet()).isEmpty())
                .map(meant -> meant.question(word))
                .orElseGet(() -> unknown(word, known.keySet())));
      }
    }
    return words;
  }

  private static <T> T constant(String text, T[] values) {
    return one(text, List.of(values), value -> value.toString().toLowerCase(Locale.ROOT));
  }

  private static <T> T meant(String text, Function<String, T> reader) {
    try {
      return reader.apply(text);
    } catch (IllegalArgumentException e) {
      throw new TypeConversionException(e.getMessage());
    }
  }

  /** {@return the value of that name: small letters, in whatever case users write them} */
  private static <T> T one(String text, List<T> values, Function<T, String> label) {
    Map<String, T> byName = labels(values, label);
    String name = text.toLowerCase(Locale.ROOT);
    if (!byName.containsKey(name)) {
      throw new TypeConversionException(unknown(text, byName.keySet()));
    }
    return byName.get(name);
  }

  /** The same where there are too many names to be shown: {@code where} says what has them. */
  static <T> T one(String text, List<T> values, Function<T, String> label, String where) {
    Map<String, T> byName = labels(values, label);
    String name = text.toLowerCase(Locale.ROOT);
    if (!byName.containsKey(name)) {
      String nearest =
          NearestName.of(text, byName.keySet()).map("did you mean '%s'? "::formatted).orElse("");
      throw new TypeConversionException("'%s' is unknown: %s%s".formatted(text, nearest, where));
    }
    return byName.get(name);
  }

  private static <T> Map<String, T> labels(List<T> values, Function<T, String> label) {
    Map<String, T> byName = new LinkedHashMap<>();
    values.forEach(value -> byName.put(label.apply(value), value));
    return byName;
  }

  /** {@return that {@code text} is none of {@code names}, and which it may be meant to be} */
  static String unknown(String text, Collection<String> names) {
    return "'" + text + "' is unknown: " + NearestName.choices(text, List.copyOf(names));
  }
}
