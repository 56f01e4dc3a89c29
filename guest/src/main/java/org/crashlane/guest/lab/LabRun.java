// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.function.Consumer;
import org.crashlane.bits.MalformedInputException;
import org.crashlane.guest.lab.iommu.HidingTable;
import org.crashlane.guest.lab.iommu.RegisterSnapshot;
import org.crashlane.guest.lab.judge.PanicSample;
import org.crashlane.guest.lab.parts.LabParts;
import org.crashlane.guest.live.LiveGuest;
import org.crashlane.guest.qmp.QmpClient;
import org.crashlane.rehearsal.Scenario;

/**
 * One crash of a real kernel: boots it under QEMU, crashes it, lets the capture kernel do what it
 * can, and collects the evidence. Whatever it started and made is gone after {@link #close}, and
 * also when the JVM is told to stop in the middle.
 */
public final class LabRun implements AutoCloseable {
  /** QEMU may be slow to answer on a busy host. */
  private static final Duration QMP_LIMIT = Duration.ofSeconds(30);

  private final LabParts parts;
  private final GuestConfig config;
  private final Scenario scenario;
  private final Teardown teardown = Teardown.register();
  private final PhaseTimes.Watch watch = new PhaseTimes.Watch();

  private LabRun(LabParts parts, GuestConfig config, Scenario scenario) {
    this.parts = parts;
    this.config = config;
    this.scenario = scenario;
  }

  /** {@return a run that has not begun} */
  public static LabRun of(LabParts parts, GuestConfig config, Scenario scenario) {
    return new LabRun(parts, config, scenario);
  }

  /** What a started guest is watched by. */
  private record Started(WorkArea area, SerialConsole console, QemuProcess qemu) {}

  /** What is known of a guest when it is let go into its crash. */
  private record Ready(
      int line,
      long traceBytes,
      PrimaryFacts facts,
      RegisterSnapshot registers,
      PanicSample sample) {}

  /**
   * Runs it, once.
   *
   * @param hook what is done to the guest right before the crash
   * @param progress told each phase when it begins
   * @return the evidence; its files exist until {@link #close}
   * @throws LabException if a phase before the capture kernel's does not come to its end
   */
  public LabEvidence execute(LabHook hook, Consumer<Phase> progress) throws IOException {
    progress.accept(Phase.BOOT);
    Started started = start();
    SerialConsole console = started.console();
    int line =
        console.await(Phase.BOOT, 0, text -> Transcript.has(text, "ready"), config.limits().boot());
    PrimaryFacts facts = PrimaryFacts.parse(console.lines());
    refuseUnlessReady(facts, console);
    watch.ends(Phase.BOOT);
    progress.accept(Phase.READY);
    try (QmpClient qmp = QmpClient.connect(started.area().qmpSocket(), QMP_LIMIT)) {
      qmp.stop();
      try (LiveGuest live = LiveGuest.attach(qmp)) {
        Ready ready = prepare(live, line, facts, hook, started.area());
        watch.ends(Phase.READY);
        progress.accept(Phase.CRASH);
        int panic = crash(started, qmp, ready);
        CaptureEnd end = capture(console, panic, progress);
        progress.accept(Phase.DONE);
        return finish(started, live, ready, panic, end);
      }
    }
  }

  private Started start() throws IOException {
    WorkArea area = WorkArea.create(config.memoryBytes(), teardown);
    Path initrd = Initrds.write(area.directory(), parts, config, scenario);
    SerialConsole console = SerialConsole.listen(area.serialSocket());
    teardown.add(console::close);
    QemuProcess qemu =
        QemuProcess.start(
            QemuCommandLine.of(
                parts.qemu(),
                config,
                area,
                parts.kernel(config.kernels().primary()).image(),
                initrd),
            area,
            teardown);
    qemu.onEnd(console::end);
    return new Started(area, console, qemu);
  }

  /** The guest stands: the hook has its turn, then what must not change is copied. */
  private Ready prepare(LiveGuest live, int line, PrimaryFacts facts, LabHook hook, WorkArea area)
      throws IOException {
    RegisterSnapshot registers = registers(live);
    RunningGuest guest = new RunningGuest(live, facts, config.arena(), area.directory());
    hook.beforeCrash(guest);
    PanicSample sample =
        PanicSample.take(
            live.memory(),
            facts.vmcoreinfoAddress(),
            facts.vmcoreinfoSizeBytes(),
            guest.alsoCompared());
    long traceBytes = area.traceBytes();
    for (String event : QemuCommandLine.tracedFromCrash(config)) {
      live.qmp().execute("trace-event-set-state", Map.of("name", event, "enable", true));
    }
    return new Ready(line, traceBytes, facts, registers, sample);
  }

  private int crash(Started started, QmpClient qmp, Ready ready) throws IOException {
    qmp.cont();
    started.console().send("go");
    return started
        .console()
        .await(Phase.CRASH, ready.line(), Transcript::isPanic, config.limits().crash());
  }

  /** A capture kernel that does not get to its end is an outcome, not a failure of the lab. */
  private CaptureEnd capture(SerialConsole console, int panic, Consumer<Phase> progress)
      throws IOException {
    try {
      int up =
          console.await(
              Phase.CRASH, panic, text -> Transcript.has(text, "capture"), config.limits().crash());
      watch.ends(Phase.CRASH);
      progress.accept(Phase.CAPTURE);
      console.await(
          Phase.CAPTURE, up, text -> Transcript.has(text, "done"), config.limits().capture());
      watch.ends(Phase.CAPTURE);
      return CaptureEnd.DONE;
    } catch (LabException e) {
      if (teardown.isOver()) {
        throw e;
      }
      watch.ends(e.phase());
      return CaptureEnd.NOT_DONE;
    }
  }

  private LabEvidence finish(
      Started started, LiveGuest live, Ready ready, int panic, CaptureEnd end) throws IOException {
    live.qmp().stop();
    long endBytes = started.area().traceBytes();
    RegisterSnapshot atEnd = registers(live);
    // Also writes back what QEMU still holds of the disk.
    live.qmp().execute("quit");
    OptionalInt status = started.qemu().awaitEnd();
    Duration qemuAge = started.qemu().age();
    watch.ends(Phase.DONE);
    List<String> lines = started.console().lines();
    int captureLine = Transcript.afterPanic(lines, panic);
    List<String> captureLines = lines.subList(captureLine, lines.size());
    return new LabEvidence(
        scenario,
        config.iommu(),
        lines.subList(0, captureLine),
        captureLines,
        ready.facts(),
        new Transcript(captureLines).value("capture"),
        end,
        started.area().disk(),
        started.area().memory(),
        ready.sample(),
        IommuTrace.read(started.area().trace(), ready.traceBytes(), endBytes),
        ready.registers(),
        atEnd,
        watch.times(qemuAge),
        status);
  }

  private RegisterSnapshot registers(LiveGuest live) throws IOException {
    try {
      return config.iommu().snapshot(live.iommu().registers());
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  private void refuseUnlessReady(PrimaryFacts facts, SerialConsole console) throws LabException {
    if (!facts.captureKernelLoaded()) {
      throw refused("kexec did not take the capture kernel", console);
    }
    if (!facts.warnings().isEmpty()) {
      throw refused("the primary kernel is not fit: " + facts.warnings().getFirst(), console);
    }
    if (facts.insideHandStatus().orElse(0) != 0) {
      throw refused("the inside hand's module was not taken", console);
    }
    try {
      HidingTable table = config.iommu().hidingTable();
      if (config.needsHiding(scenario.strategy())
          && !table.takesThePlaceOf(facts.firmwareTable())) {
        throw refused(
            "the %s override is not for this firmware's table".formatted(table.signature()),
            console);
      }
    } catch (MalformedInputException e) {
      throw refused(e.getMessage(), console);
    }
  }

  private static LabException refused(String reason, SerialConsole console) {
    return new LabException(Phase.BOOT, reason, console.lines());
  }

  /** Ends QEMU if it still runs and removes the files. */
  @Override
  public void close() throws IOException {
    teardown.close();
  }
}
