// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab.iommu;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.crashlane.guest.lab.parts.KernelFlavour;
import org.crashlane.iommu.RegisterFile;
import org.crashlane.pci.RequesterId;
import org.crashlane.rehearsal.Adoption;
import org.crashlane.rehearsal.IommuMemory;
import org.crashlane.rehearsal.Strategy;
import org.crashlane.rule.Evidence;

/** One of QEMU's IOMMUs: all that the lab has to know of a vendor. */
public interface LabIommu {

  /** {@return that no stock kernel follows {@code strategy}} */
  static IllegalArgumentException notInTheLab(Strategy strategy) {
    return new IllegalArgumentException("the lab does not know the strategy " + strategy.label());
  }

  /** {@return its name as a device of QEMU} */
  String qemuDevice();

  /** {@return what builds its driver into a kernel, behind {@code CONFIG_}} */
  String driverSymbol();

  /**
   * {@return the device's options, but for interrupt remapping's}
   *
   * @throws IllegalArgumentException if QEMU's has not what {@code setup} asks for
   */
  List<String> qemuOptions(IommuSetup setup);

  /**
   * {@return further options, by which it does in this QEMU as it does in others}
   *
   * @param known the options that this QEMU's device has
   */
  default List<String> optionsOfVersion(Set<String> known) {
    return List.of();
  }

  /** {@return events of QEMU, rare enough to be traced from the start} */
  List<String> traced();

  /** {@return further ones, for every access to its registers; traced from the crash on} */
  List<String> tracedFromCrash();

  /** {@return what makes a kernel that has the driver use it} */
  List<String> primaryArguments();

  /** {@return what a kernel that uses it is asked to do with it beside} */
  default List<String> linuxArguments(IommuSetup setup) {
    return setup.options().stream().sorted().map(IommuSetup.LinuxOption::argument).toList();
  }

  /**
   * {@return what a capture kernel is told of it}
   *
   * @throws IllegalArgumentException if no stock kernel can be made to follow {@code strategy}
   */
  List<String> captureArguments(Strategy strategy);

  /**
   * {@return true if QEMU looks requests from behind a root port up by the bus that Linux knows}
   */
  boolean knowsBusesBehindPorts();

  /** {@return true if QEMU lets interrupts in compatibility format pass that hardware blocks} */
  boolean letsCompatibilityPass();

  /** {@return true if Debian's kernel of that flavour has its driver} */
  boolean isDrivenBy(KernelFlavour flavour);

  /** {@return the capture kernel that serves {@code strategy} best beside that primary kernel} */
  KernelFlavour captureFlavour(Strategy strategy, KernelFlavour primary);

  /** {@return the ACPI table that tells of it, as an override hides it} */
  HidingTable hidingTable();

  /**
   * {@return by which requester ids it knows the IOAPICs}
   *
   * @param firmwareTable the firmware's ACPI table that tells of it
   * @throws org.crashlane.bits.MalformedInputException if that is no such table
   */
  List<RequesterId> ioApics(byte[] firmwareTable);

  /** {@return its registers as they are} */
  RegisterSnapshot snapshot(RegisterFile registers);

  /**
   * {@return memory that holds tables and buffers of its own, which a capture kernel may go on
   * with}
   *
   * @param atReady the registers before the crash
   */
  default List<IommuMemory> ownMemory(RegisterSnapshot atReady) {
    return List.of();
  }

  /** {@return true if a kernel that says {@code message} has found it} */
  boolean isDetection(String message);

  /**
   * {@return how old tables are taken over by a kernel that says {@code message}, if it says so}
   */
  default Optional<Adoption> adoption(String message) {
    return Optional.empty();
  }

  /**
   * {@return what {@code trace} shows}
   *
   * @param trace QEMU's, from the primary's last act on
   * @param atReady the registers before the crash
   * @param atEnd the registers when the capture kernel was done
   */
  Sightings sightings(List<String> trace, RegisterSnapshot atReady, RegisterSnapshot atEnd);

  /**
   * What was seen after the crash.
   *
   * @param accesses the capture kernel's accesses to its registers, if there were any
   * @param writes those that changed something
   * @param requests memory requests that it blocked
   * @param interrupts interrupts that it blocked
   */
  record Sightings(
      List<Evidence> accesses,
      List<Evidence> writes,
      List<Evidence> requests,
      List<Evidence> interrupts) {
    /** Copies the lists. */
    public Sightings {
      accesses = List.copyOf(accesses);
      writes = List.copyOf(writes);
      requests = List.copyOf(requests);
      interrupts = List.copyOf(interrupts);
    }

    /** {@return all that it blocked: interrupts are requests, too} */
    public List<Evidence> blocked() {
      return Stream.concat(requests.stream(), interrupts.stream()).toList();
    }
  }
}
