// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.oracle;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.crashlane.bits.BitField;
import org.crashlane.guest.qmp.QmpClient;
import org.crashlane.guest.qtest.Commands;
import org.crashlane.guest.qtest.EduDevice;
import org.crashlane.guest.qtest.PciConfigSpace;
import org.crashlane.guest.qtest.QTest;
import org.crashlane.guest.qtest.QTestConfig;
import org.crashlane.interrupt.InterruptMessage;
import org.crashlane.iommu.Register;
import org.crashlane.iommu.RegisterFile;
import org.crashlane.memory.MappedImage;
import org.crashlane.pci.RequesterId;

/**
 * A QEMU machine whose {@code edu} device sends MSIs through an IOMMU. Its only processor, with
 * local APIC 0, sleeps with interrupts off, so what arrives stays in the APIC's request register:
 * every vector can be seen once.
 */
final class InterruptRig implements AutoCloseable {
  static final RequesterId DEVICE = RequesterId.of(0, 4, 0);

  private static final long RAM_BYTES = 64L << 20;
  private static final long EDU = 0xe0000000L;
  private static final long EDU_RAISE = EDU + 0x60;
  private static final long EDU_ACKNOWLEDGE = EDU + 0x64;
  private static final int COMMAND = 4;
  private static final int BAR0 = 16;
  private static final int CAPABILITIES = 0x34;
  private static final int MSI = 5;
  private static final BitField CAPABILITY_ID = BitField.bits("capability id", 7, 0);
  private static final BitField NEXT_CAPABILITY = BitField.bits("next capability", 15, 8);
  private static final BitField MSI_ENABLE = BitField.bit("MSI Enable", 16);
  private static final Pattern REQUESTS = Pattern.compile("^IRR\\s+(.*)$", Pattern.MULTILINE);

  private final Path folder;
  private final QTest machine;
  private final QmpClient monitor;
  private final long unit;
  private final int msi;

  private InterruptRig(Path folder, QTest machine, QmpClient monitor, long unit)
      throws IOException {
    this.folder = folder;
    this.machine = machine;
    this.monitor = monitor;
    this.unit = unit;
    PciConfigSpace space = new PciConfigSpace(machine);
    space.write(DEVICE, BAR0, EDU);
    space.write(DEVICE, COMMAND, 6);
    int at = (int) CAPABILITY_ID.get(space.read(DEVICE, CAPABILITIES));
    while (CAPABILITY_ID.get(space.read(DEVICE, at)) != MSI) {
      at = (int) NEXT_CAPABILITY.get(space.read(DEVICE, at));
    }
    this.msi = at;
  }

  /**
   * Starts QEMU.
   *
   * @param iommu the device and its options
   * @param unit where its registers are
   */
  static InterruptRig start(String iommu, long unit) throws IOException {
    Path folder = Files.createTempDirectory("crashlane-rig-");
    Path socket = folder.resolve("qmp");
    List<String> devices = new ArrayList<>(List.of("-device", iommu));
    devices.addAll(EduDevice.arguments(DEVICE.device()));
    devices.addAll(List.of("-qmp", "unix:" + socket + ",server=on,wait=off"));
    QTest machine = QTest.start(QTestConfig.q35(RAM_BYTES, devices));
    return new InterruptRig(folder, machine, QmpClient.connect(socket), unit);
  }

  MappedImage ram() {
    return machine.ram();
  }

  /** {@return the unit's registers, read when asked} */
  RegisterFile registers() {
    return new RegisterFile() {
      @Override
      public long read32(int offset) {
        Commands commands = new Commands();
        commands.readl(unit + offset);
        return answer(commands);
      }

      @Override
      public long read64(int offset) {
        Commands commands = new Commands();
        commands.readq(unit + offset);
        return answer(commands);
      }
    };
  }

  private long answer(Commands commands) {
    try {
      return machine.run(commands)[0];
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  void write(Register register, long value) throws IOException {
    Commands commands = new Commands();
    if (register.sizeBytes() == Long.BYTES) {
      commands.writeq(unit + register.offset(), value);
    } else {
      commands.writel(unit + register.offset(), value);
    }
    machine.run(commands);
  }

  /** {@return the vectors that arrive for {@code message} and had not arrived before} */
  Set<Integer> send(InterruptMessage message) throws IOException {
    PciConfigSpace space = new PciConfigSpace(machine);
    space.write(DEVICE, msi + 4, message.address());
    space.write(DEVICE, msi + 8, 0);
    space.write(DEVICE, msi + 12, Integer.toUnsignedLong(message.data()));
    space.write(DEVICE, msi, space.read(DEVICE, msi) | MSI_ENABLE.of(1));
    Set<Integer> before = requests();
    Commands commands = new Commands();
    commands.writel(EDU_RAISE, 1);
    commands.writel(EDU_ACKNOWLEDGE, 1);
    machine.run(commands);
    Set<Integer> after = requests();
    after.removeAll(before);
    return after;
  }

  private Set<Integer> requests() throws IOException {
    String text = monitor.hmp("info lapic");
    Matcher matcher = REQUESTS.matcher(text);
    if (!matcher.find()) {
      throw new IOException("no request register in: " + text);
    }
    Set<Integer> vectors = new HashSet<>();
    for (String word : matcher.group(1).strip().split("\\s+", -1)) {
      if (Character.isDigit(word.charAt(0))) {
        vectors.add(Integer.valueOf(word));
      }
    }
    return vectors;
  }

  @Override
  public void close() throws IOException {
    try (machine;
        monitor) {
      Files.deleteIfExists(folder.resolve("qmp"));
    } finally {
      Files.deleteIfExists(folder.resolve("qmp"));
      Files.delete(folder);
    }
  }
}
