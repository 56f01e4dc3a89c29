// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicLong;
import org.crashlane.guest.lab.boot.BlindTable;
import org.crashlane.guest.lab.judge.PanicSample;
import org.crashlane.guest.lab.parts.HostProgram;
import org.crashlane.guest.lab.parts.LabParts;
import org.crashlane.guest.qmp.QmpClient;
import org.crashlane.memory.MappedImage;
import org.crashlane.rehearsal.Scenario;

/**
 * One crash of a real kernel: boots it under QEMU, crashes it, lets the capture kernel do what it
 * can, and collects the evidence. Whatever it started and made is gone after {@link #close}, and
 * also when the JVM is told to stop in the middle.
 */
public final class LabRun implements AutoCloseable {
  private static final Duration HOOK_QMP_LIMIT = Duration.ofSeconds(30);

  private final LabParts parts;
  private final GuestConfig config;
  private final Scenario scenario;
  private final Teardown teardown = Teardown.register();
  private final PhaseTimes.Watch watch = new PhaseTimes.Watch();

  /** Length of the trace when the panic came over the console; -1 before. */
  private final AtomicLong panicTraceBytes = new AtomicLong(-1);

  private LabRun(LabParts parts, GuestConfig config, Scenario scenario) {
    this.parts = parts;
    this.config = config;
    this.scenario = scenario;
  }

  /** {@return a run that has not begun} */
  public static LabRun of(LabParts parts, GuestConfig config, Scenario scenario) {
    return new LabRun(parts, config, scenario);
  }

  /**
   * Runs it, once.
   *
   * @param hook what is done to the guest right before the crash
   * @return the evidence; its files exist until {@link #close}
   * @throws LabException if a phase before the capture kernel's does not come to its end
   */
  public LabEvidence execute(LabHook hook) throws IOException {
    WorkArea area = WorkArea.create(config.memoryBytes(), teardown);
    Path initrd = Initrds.write(area.directory(), parts, config, scenario);
    SerialConsole console =
        SerialConsole.listen(area.serialSocket(), line -> markPanic(line, area.trace()));
    teardown.add(console::close);
    List<String> argv =
        QemuCommandLine.of(HostProgram.qemu(), config, area, parts.kernelImage(), initrd);
    QemuProcess qemu = QemuProcess.start(argv, area, teardown);
    qemu.onEnd(console::end);

    int ready =
        console.await(Phase.BOOT, 0, l -> Transcript.has(l, "ready"), config.limits().boot());
    watch.ends(Phase.BOOT);
    PrimaryFacts facts = PrimaryFacts.parse(console.lines());
    refuseUnlessReady(facts, console);
    try (QmpClient qmp = QmpClient.connect(area.labSocket(), HOOK_QMP_LIMIT);
        MappedImage memory =
            MappedImage.open(area.memory(), Q35Memory.regions(config.memoryBytes()))) {
      qmp.stop();
      RegisterSnapshot atReady = RegisterSnapshot.read(qmp);
      RunningGuest guest = new RunningGuest(area.qmpSocket(), memory, facts, config.arena());
      hook.beforeCrash(guest);
      PanicSample sample =
          PanicSample.take(
              memory, facts.vmcoreinfoAddress(), facts.vmcoreinfoSizeBytes(), guest.alsoCompared());
      for (String event : QemuCommandLine.TRACED_FROM_CRASH) {
        qmp.execute("trace-event-set-state", java.util.Map.of("name", event, "enable", true));
      }
      qmp.cont();
      watch.ends(Phase.READY);
      return crash(area, console, qemu, qmp, ready, facts, atReady, sample);
    }
  }

  private LabEvidence crash(
      WorkArea area,
      SerialConsole console,
      QemuProcess qemu,
      QmpClient qmp,
      int ready,
      PrimaryFacts facts,
      RegisterSnapshot atReady,
      PanicSample sample)
      throws IOException {
    console.send("go");
    int panic = console.await(Phase.CRASH, ready, Transcript::isPanic, config.limits().crash());
    CaptureEnd end = capture(console, qmp, panic);
    qmp.stop();
    long endTraceBytes = sizeOf(area.trace());
    RegisterSnapshot atEnd = RegisterSnapshot.read(qmp);
    qmp.execute("quit");
    OptionalInt status = qemu.awaitEnd();
    watch.ends(Phase.DONE);
    List<String> lines = console.lines();
    List<String> captureLines = lines.subList(panic + 1, lines.size());
    return new LabEvidence(
        scenario,
        lines.subList(0, panic + 1),
        captureLines,
        facts,
        new Transcript(captureLines).value("capture"),
        end,
        area.disk(),
        area.memory(),
        sample,
        IommuTrace.read(area.trace(), panicTraceBytes.get(), endTraceBytes),
        atReady,
        atEnd,
        watch.times(qemu.age()),
        status);
  }

  /** A capture kernel that does not get to its end is an outcome, not a failure of the lab. */
  private CaptureEnd capture(SerialConsole console, QmpClient qmp, int panic) throws IOException {
    try {
      int up =
          console.await(
              Phase.CRASH, panic, l -> Transcript.has(l, "capture"), config.limits().crash());
      watch.ends(Phase.CRASH);
      console.await(Phase.CAPTURE, up, l -> Transcript.has(l, "done"), config.limits().capture());
      watch.ends(Phase.CAPTURE);
      return CaptureEnd.DONE;
    } catch (LabException e) {
      watch.ends(e.phase());
      return CaptureEnd.TIMED_OUT;
    }
  }

  private void refuseUnlessReady(PrimaryFacts facts, SerialConsole console) throws LabException {
    if (!facts.captureKernelLoaded()) {
      throw new LabException(Phase.BOOT, "kexec did not take the capture kernel", console.lines());
    }
    if (scenario.strategy().blind()
        && !BlindTable.overrides(BlindTable.forQemu(), facts.firmwareDmar())) {
      throw new LabException(
          Phase.BOOT, "the DMAR override is not for this firmware's table", console.lines());
    }
    if (facts.insideHandStatus().orElse(0) != 0) {
      throw new LabException(Phase.BOOT, "the inside hand's module was not taken", console.lines());
    }
  }

  private void markPanic(String line, Path trace) {
    if (Transcript.isPanic(line)) {
      panicTraceBytes.compareAndSet(-1, sizeOf(trace));
    }
  }

  private static long sizeOf(Path trace) {
    return trace.toFile().length();
  }

  /** Ends QEMU if it still runs and removes the files. */
  @Override
  public void close() throws IOException {
    teardown.close();
  }
}
