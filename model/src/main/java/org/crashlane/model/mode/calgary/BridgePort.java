// SPDX-License-Identifier: Apache-2.0
package org.crashlane.model.mode.calgary;

import java.util.Optional;
import org.crashlane.bits.BitField;
import org.crashlane.iommu.calgary.HostBridge;
import org.crashlane.iommu.calgary.PhbRegister;
import org.crashlane.iommu.calgary.Registers;
import org.crashlane.iommu.calgary.Registers.ConfigRw;
import org.crashlane.memory.AddressRange;
import org.crashlane.model.hardware.Fingerprint;
import org.crashlane.model.spec.ModeSpec.Phb;

/**
 * The registers of one PHB, in the order of bits that the chip has. Those that Linux writes take
 * writes; windows are firmware's, and the others read as zero.
 */
final class BridgePort {
  /** What firmware leaves in the arbiter enable register: not zero. */
  private static final long ALL_ARBITERS = BitField.bits("arbiters", 15, 0).mask();

  private static final BitField HIGH_HALF = BitField.bits("high half", 63, 32);
  private static final BitField LOW_HALF = BitField.bits("low half", 31, 0);

  private final HostBridge bridge;
  private final Optional<AddressRange> mem1;
  private long arbiters;
  private long pageMigration;

  BridgePort(HostBridge bridge, Phb phb) {
    this(bridge, phb.mem1(), ALL_ARBITERS, 0);
  }

  private BridgePort(
      HostBridge bridge, Optional<AddressRange> mem1, long arbiters, long pageMigration) {
    this.bridge = bridge;
    this.mem1 = mem1;
    this.arbiters = arbiters;
    this.pageMigration = pageMigration;
  }

  HostBridge bridge() {
    return bridge;
  }

  boolean isTranslating() {
    return ConfigRw.TCE_ENABLE.isSet(bridge.configRw());
  }

  long read(PhbRegister register) {
    return switch (register) {
      case CSR -> bridge.csr();
      case CONFIG_RW -> bridge.configRw();
      case AER -> arbiters;
      case PAGE_MIG_CTRL -> pageMigration;
      // A window that ends before it begins is none.
      case MEM_1_LOW -> mem1.map(m -> LOW_HALF.get(m.first())).orElse(LOW_HALF.mask());
      case MEM_1_HIGH -> mem1.map(m -> HIGH_HALF.get(m.first())).orElse(0L);
      case MEM_1_SIZE -> mem1.map(m -> LOW_HALF.get(m.last())).orElse(0L);
      case PLSSR,
          IOBASE_BAR_LOW,
          IOBASE_BAR_HIGH,
          IO_ADDR_SIZE,
          MEM_ST,
          CONFIG_0_HIGH,
          CONFIG_0_LOW,
          CONFIG_0_END,
          CSMR,
          MEM_2_LOW,
          MEM_2_HIGH,
          MEM_2_SIZE_HIGH,
          MEM_2_SIZE_LOW,
          MCK,
          DOSHOLE ->
          0;
    };
  }

  void write(PhbRegister register, long value) {
    switch (register.use()) {
      case READ, NAMED -> {
        // Nothing that is modelled hangs on it.
      }
      case WRITTEN -> store(register, value);
    }
  }

  private void store(PhbRegister register, long value) {
    if (register == PhbRegister.CSR) {
      bridge.writeCsr(value);
    } else if (register == PhbRegister.CONFIG_RW) {
      bridge.writeConfigRw(value);
    } else if (register == PhbRegister.AER) {
      arbiters = value;
    } else {
      pageMigration = value;
    }
  }

  /** {@return the status of the split queue: nothing is ever under way while a CPU looks} */
  long splitQueue() {
    return Registers.SPLIT_QUEUE_DRAINED.mask();
  }

  BridgePort fork() {
    return new BridgePort(bridge.copy(), mem1, arbiters, pageMigration);
  }

  void addTo(Fingerprint into) {
    into.add(bridge.tar());
    into.add(bridge.configRw());
    into.add(bridge.csr());
    into.add(arbiters);
    into.add(pageMigration);
    bridge
        .cache()
        .forEach((index, tce) -> {
          into.add(index);
          into.add(tce);
        });
  }
}
