// SPDX-License-Identifier: Apache-2.0
package org.crashlane.guest.oracle;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;
import org.crashlane.bits.MalformedInputException;

/**
 * Recorded probes, read one by one: lines of JSON, packed by gzip or not, which is told by the
 * content.
 *
 * <p>The first line is the machine:
 *
 * <pre>{@code
 * {"oracle": "QEMU …", "opts": "aw-bits=48", "ver": 16, "cap": "0x…", "ecap": "0x…",
 *  "ram_bytes": 67108864, "sid": 32, "root": "0x100000", "seed": 11, "note": "…"}
 * }</pre>
 *
 * <p>A machine with AMD-Vi has {@code ext}, its extended feature register, instead of the three
 * registers of VT-d. Where it has no {@code root}, {@code devtab} and {@code devtab_size_field} are
 * the device table base address register, and table words may be in the device table too.
 *
 * <p>Each further line is a probe: the table words, the IOVA, what the device did ({@code R} or
 * {@code W}), the data a read brought, and the physical address reached or the fault recorded:
 *
 * <pre>{@code
 * {"id": 0, "mem": {"0x100000": "0000000000101001", …}, "iova": "0x…", "op": "R",
 *  "data": "7a6000000184efa8", "gpa": "0x184efa8", "fault": null}
 * {"id": 1, …, "op": "W", "gpa": null,
 *  "fault": {"addr": "0x…", "sid": 32, "reason": 3, "type": "W"}}
 * }</pre>
 *
 * <p>On AMD-Vi no {@code fault} is looked at: the recorded machines show none. A probe may have a
 * {@code root} of its own. Memory outside the listed words is as {@link ProbeMemory} has it.
 */
public final class ProbeFile implements AutoCloseable {
  private static final byte[] GZIP_MAGIC = {0x1f, (byte) 0x8b};

  private final BoundedLines lines;
  private final ProbeJson json;
  private final ProbeMachine machine;

  private ProbeFile(BoundedLines lines, ProbeJson json, ProbeMachine machine) {
    this.lines = lines;
    this.json = json;
    this.machine = machine;
  }

  /**
   * Opens {@code file} and reads its first line.
   *
   * @throws MalformedInputException if that is not a machine's
   * @throws IOException if the file cannot be read
   */
  public static ProbeFile open(Path file, ReplayLimits limits) throws IOException {
    InputStream raw = new BufferedInputStream(Files.newInputStream(file));
    try {
      BoundedLines lines = new BoundedLines(file.toString(), unpacked(file, raw), limits);
      ProbeJson json = new ProbeJson(file.toString());
      byte[] first =
          lines
              .next()
              .orElseThrow(() -> new MalformedInputException(file.toString(), 0, "empty file"));
      return new ProbeFile(lines, json, json.machine(first));
    } catch (IOException | RuntimeException e) {
      raw.close();
      throw e;
    }
  }

  private static InputStream unpacked(Path file, InputStream raw) throws IOException {
    byte[] magic = beginning(file, raw);
    if (!Arrays.equals(magic, GZIP_MAGIC)) {
      return raw;
    }
    try {
      return new BufferedInputStream(new GZIPInputStream(raw));
    } catch (ZipException | EOFException e) {
      MalformedInputException told =
          new MalformedInputException(
              file.toString(), 0, "the gzip header is damaged: " + e.getMessage());
      told.initCause(e);
      throw told;
    }
  }

  private static byte[] beginning(Path file, InputStream raw) throws IOException {
    try {
      raw.mark(GZIP_MAGIC.length);
      byte[] magic = raw.readNBytes(GZIP_MAGIC.length);
      raw.reset();
      return magic;
    } catch (IOException e) {
      // The system's own reason, such as "Is a directory", names no file.
      throw new IOException(file + ": " + e.getMessage(), e);
    }
  }

  /** {@return the machine that the probes were made on} */
  public ProbeMachine machine() {
    return machine;
  }

  /**
   * {@return the next probe, or nothing behind the last}
   *
   * @throws MalformedInputException if the line is no probe, naming where it stands in the unpacked
   *     file
   */
  public Optional<Probe> next() throws IOException {
    return lines.next().map(line -> json.probe(line, lines.lineOffset(), machine));
  }

  @Override
  public void close() throws IOException {
    lines.close();
  }
}
