// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.lab;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;
import org.crashlane.bits.Printable;
import org.crashlane.guest.lab.LabEvidence.DumpDisk;
import org.crashlane.guest.lab.iommu.RegisterSnapshot;
import org.crashlane.guest.lab.judge.PanicSample;
import org.crashlane.guest.lab.net.CardWatch;
import org.crashlane.guest.lab.net.DumpSink;
import org.crashlane.guest.lab.net.FrameSender;
import org.crashlane.guest.lab.parts.Accelerator;
import org.crashlane.guest.lab.parts.LabParts;
import org.crashlane.guest.live.LiveGuest;
import org.crashlane.guest.qmp.QmpClient;
import org.crashlane.guest.qmp.QmpCommandException;
import org.crashlane.rehearsal.Frames;
import org.crashlane.rehearsal.Scenario;
import tools.jackson.databind.JsonNode;

/**
 * One crash of a real kernel: boots it under QEMU, crashes it, lets the capture kernel do what it
 * can, and collects the evidence. Whatever it started and made is gone after {@link #close}, and
 * also when the JVM is told to stop in the middle.
 */
public final class LabRun implements AutoCloseable {
  /** QEMU may be slow to answer on a busy host. */
  private static final Duration QMP_LIMIT = Duration.ofSeconds(30);

  /** RunState in QEMU's qapi/run-state.json. */
  private static final String STATUS_OF_DISK_ERROR = "io-error";

  private static final int QUOTED_CHARS = 200;

  private final LabParts parts;
  private final GuestConfig config;
  private final Scenario scenario;
  private final Teardown teardown = Teardown.register();
  private final PhaseTimes.Watch watch = new PhaseTimes.Watch();

  /** One for each network card. */
  private final List<FrameSender> senders = new ArrayList<>();

  /** One where the dump is sent over the network. */
  private final List<DumpSink> sinks = new ArrayList<>();

  private LabRun(LabParts parts, GuestConfig config, Scenario scenario) {
    this.parts = parts;
    this.config = config;
    this.scenario = scenario;
  }

  /**
   * {@return a run that has not begun}
   *
   * @throws IllegalArgumentException if the scenario is about another IOMMU than the guest's
   */
  public static LabRun of(LabParts parts, GuestConfig config, Scenario scenario) {
    config.requireIommuOf(scenario);
    return new LabRun(parts, config, scenario);
  }

  /** What a started guest is watched by. */
  private record Started(WorkArea area, SerialConsole console, QemuProcess qemu) {}

  /** What is known of a guest when it is let go into its crash. */
  private record Ready(
      RunningGuest guest,
      int line,
      long traceBytes,
      RegisterSnapshot registers,
      PanicSample sample,
      List<CardWatch> cards,
      long writtenBytes) {}

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
    try {
      return crash(started, hook, progress);
    } catch (LabException e) {
      String full = teardown.isOver() ? "" : started.area().fullness();
      throw full.isEmpty() ? e : new LabException(e.phase(), full, e.console());
    }
  }

  private LabEvidence crash(Started started, LabHook hook, Consumer<Phase> progress)
      throws IOException {
    SerialConsole console = started.console();
    int line = awaitReady(console);
    PrimaryFacts facts = PrimaryFacts.parse(console.lines());
    Readiness.require(facts, config, scenario, console.lines());
    watch.ends(Phase.BOOT);
    progress.accept(Phase.READY);
    try (QmpClient qmp = QmpClient.connect(started.area().qmpSocket(), QMP_LIMIT)) {
      qmp.stop();
      try (LiveGuest live = LiveGuest.attach(qmp)) {
        Ready ready = prepare(live, line, facts, hook, started);
        watch.ends(Phase.READY);
        progress.accept(Phase.CRASH);
        Beside beside = Beside.start(() -> hook.whileCrashing(ready.guest()));
        int panic = panic(console, qmp, ready);
        ready.cards().forEach(CardWatch::panicked);
        CaptureWait wait =
            new CaptureWait(console, panic, ready.cards(), progress, watch, teardown);
        CaptureEnd end =
            switch (config.kernels().captureSystem()) {
              case CaptureSystem.OfLab _ -> wait.untilDone();
              case CaptureSystem.Given _ -> {
                // Who arms then stops the guest for a moment.
                beside.join();
                yield wait.untilPoweredOff(qmp);
              }
            };
        beside.join();
        progress.accept(Phase.DONE);
        refuseIfFull(started, qmp);
        return finish(started, live, ready, panic, end);
      }
    }
  }

  /** Where KVM itself runs in a virtual machine, a guest may hang in it and say nothing. */
  private int awaitReady(SerialConsole console) throws IOException {
    boolean kvm = parts.qemu().accelerator() == Accelerator.KVM;
    try {
      return awaitReady(console, kvm ? PhaseLimits.BOOT_WITH_KVM : PhaseLimits.BOOT);
    } catch (LabException e) {
      throw kvm && !teardown.isOver()
          ? e.with(
              "the guest runs by KVM, which does not seem to work here: --accel tcg does without")
          : e;
    }
  }

  /** A primary that panics while it boots is not waited for. */
  private static int awaitReady(SerialConsole console, Duration limit) throws IOException {
    int line =
        console.await(
            Phase.BOOT,
            0,
            text -> Transcript.has(text, "ready") || Transcript.isPanic(text),
            limit);
    String text = console.lines().get(line);
    if (Transcript.isPanic(text)) {
      throw new LabException(
          Phase.BOOT,
          "the primary kernel panicked while it booted: " + Printable.of(text, QUOTED_CHARS),
          console.lines());
    }
    return line;
  }

  private Started start() throws IOException {
    WorkArea area = WorkArea.create(config.hardware().memoryBytes(), teardown);
    if (config.kernels().captureSystem() instanceof CaptureSystem.Given(_, Optional<Path> disk)
        && disk.isPresent()) {
      area.fillDisk(disk.get());
    }
    Path initrd = Initrds.write(area.directory(), parts, config, scenario);
    SerialConsole console = SerialConsole.listen(area.serialSocket());
    teardown.add(console::close);
    listen(area);
    QemuProcess qemu =
        QemuProcess.start(
            QemuCommandLine.of(
                parts.qemu(),
                config,
                scenario,
                area,
                parts.kernel(config.kernels().primary()).image(),
                initrd),
            area,
            teardown);
    qemu.onEnd(console::end);
    return new Started(area, console, qemu);
  }

  /** The other end of the guest's network card, where it has one. */
  private void listen(WorkArea area) throws IOException {
    Devices devices = config.hardware().devices();
    if (devices.dumpsToNetwork()) {
      DumpSink sink = DumpSink.listen(area.cardSocket(), area.received());
      teardown.add(sink::close);
      sinks.add(sink);
    } else if (devices.card().isPresent()) {
      FrameSender sender = FrameSender.listen(area.cardSocket());
      teardown.add(sender::close);
      senders.add(sender);
    }
  }

  /** The guest stands: the hook has its turn, then what must not change is copied. */
  private Ready prepare(LiveGuest live, int line, PrimaryFacts facts, LabHook hook, Started started)
      throws IOException {
    WorkArea area = started.area();
    RegisterSnapshot registers = registers(live);
    RunningGuest guest =
        new RunningGuest(live, facts, config.arena(), area.directory(), started.console());
    hook.beforeCrash(guest);
    PanicSample sample =
        PanicSample.take(
            live.memory(),
            facts.vmcoreinfoAddress(),
            facts.vmcoreinfoSizeBytes(),
            guest.alsoCompared());
    long traceBytes = area.traceBytes();
    trace(live, started);
    List<CardWatch> cards = new ArrayList<>();
    for (FrameSender sender : senders) {
      cards.add(CardWatch.on(sender, live));
    }
    return new Ready(guest, line, traceBytes, registers, sample, cards, writtenBytes(live.qmp()));
  }

  /** QEMU itself only warns of an event that it does not know, which would then never be seen. */
  private void trace(LiveGuest live, Started started) throws IOException {
    List<String> events = new ArrayList<>(config.iommu().traced());
    events.addAll(QemuCommandLine.tracedFromCrash(config));
    for (String event : events) {
      try {
        live.qmp().execute("trace-event-set-state", Map.of("name", event, "enable", true));
      } catch (QmpCommandException unknown) {
        throw new LabException(
            Phase.READY,
            "%s cannot trace '%s', and what the capture kernel does to the IOMMU would not be seen"
                .formatted(parts.qemu().name(), event),
            started.console().lines());
      }
    }
  }

  private int panic(SerialConsole console, QmpClient qmp, Ready ready) throws IOException {
    qmp.cont();
    console.send("go");
    return console.await(Phase.CRASH, ready.line(), Transcript::isPanic, PhaseLimits.CRASH);
  }

  /** {@return how many bytes the guest has had written to the dump's disk so far} */
  private static long writtenBytes(QmpClient qmp) throws IOException {
    for (JsonNode drive : qmp.execute("query-blockstats")) {
      if (drive.path("device").asString("").equals(QemuCommandLine.DUMP_DRIVE)) {
        return drive.path("stats").path("wr_bytes").asLong(0);
      }
    }
    throw new IOException("QEMU knows no drive " + QemuCommandLine.DUMP_DRIVE);
  }

  /** QEMU stops a guest whose disk cannot grow; and what QEMU could not trace was not seen. */
  private void refuseIfFull(Started started, QmpClient qmp) throws IOException {
    String full = started.area().fullness();
    boolean failed = qmp.status().equals(STATUS_OF_DISK_ERROR);
    if (failed || !full.isEmpty()) {
      throw new LabException(
          Phase.DONE,
          full.isEmpty() ? "QEMU could not write to the dump's disk" : full,
          started.console().lines());
    }
  }

  private LabEvidence finish(
      Started started, LiveGuest live, Ready ready, int panic, CaptureEnd end) throws IOException {
    live.qmp().stop();
    long endBytes = started.area().traceBytes();
    RegisterSnapshot atEnd = registers(live);
    long written = writtenBytes(live.qmp()) - ready.writtenBytes();
    List<Frames> frames =
        ready.cards().stream()
            .map(card -> card.found(live, ready.guest().facts().deadMemory()))
            .toList();
    // Also writes back what QEMU still holds of the disk.
    live.qmp().execute("quit");
    OptionalInt status = started.qemu().awaitEnd();
    for (DumpSink sink : sinks) {
      sink.awaitEnd();
    }
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
        ready.guest().facts(),
        new Transcript(captureLines).value("capture"),
        end,
        new DumpDisk(
            sinks.isEmpty() ? started.area().disk() : started.area().received(),
            config.kernels().captureSystem(),
            written),
        started.area().memory(),
        ready.sample(),
        frames,
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

  /** Ends QEMU if it still runs and removes the files. */
  @Override
  public void close() throws IOException {
    teardown.close();
  }
}
