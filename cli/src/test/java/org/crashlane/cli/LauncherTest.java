// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The launcher in a tree of its own, with a JDK and a Maven that only say how they were called. */
class LauncherTest {
  private static final String BUILDING = "crashlane: building (once, until the sources change)\n";
  private static final List<String> TOOLS =
      List.of(
          "sh",
          "cat",
          "cp",
          "dirname",
          "find",
          "flock",
          "head",
          "mkdir",
          "mv",
          "readlink",
          "rm",
          "sed",
          "sleep",
          "stty");

  @TempDir private Path root;
  private Path home;
  private Path jdk;
  private Path calls;
  private final Map<String, String> environment = new HashMap<>();

  @BeforeEach
  void makeTree() throws IOException {
    home = Files.createDirectories(root.resolve("a folder/crash lane"));
    Files.createDirectories(home.resolve("scripts"));
    script(home.resolve("crashlane"), Files.readString(Path.of("../crashlane")));
    // What is installed on this machine must not decide: its usual places are replaced by one.
    String findJdk = Files.readString(Path.of("../scripts/jdk.sh"));
    String replaced =
        findJdk.replaceFirst("for jdk in [^;]*; do", "for jdk in \"\\$USUAL_PLACE\"/*; do");
    assertFalse(findJdk.equals(replaced));
    Files.writeString(home.resolve("scripts/jdk.sh"), replaced);
    Files.createDirectories(home.resolve("cli/src/main/java"));
    Files.writeString(home.resolve("cli/src/main/java/A.java"), "");
    Files.writeString(home.resolve("pom.xml"), "");

    Path tools = Files.createDirectories(root.resolve("tools"));
    for (String tool : TOOLS) {
      Files.createSymbolicLink(tools.resolve(tool), Path.of("/usr/bin/" + tool));
    }
    calls = root.resolve("calls");
    jdk = makeJdk(root.resolve("my jdk"), "25.0.3");
    environment.put("PATH", tools.toString());
    environment.put("JAVA_HOME", jdk.toString());
    environment.put("USUAL_PLACE", root.resolve("usual").toString());
    environment.put("CALLS", calls.toString());
    makeMaven("");
  }

  private static void script(Path file, String text) throws IOException {
    Files.writeString(file, text);
    assertTrue(file.toFile().setExecutable(true));
  }

  private static Path makeJdk(Path folder, String version) throws IOException {
    Files.createDirectories(folder.resolve("bin"));
    script(
        folder.resolve("bin/java"),
        """
        #!/bin/sh
        case $1 in
          --sun-misc-unsafe-memory-access=allow) exit ${UNKNOWN_OPTION:-0} ;;
          -XX:AOTCacheOutput=*) : >"${1#*=}"; exit 0 ;;
        esac
        echo "$0"
        for argument; do echo "<$argument>"; done
        exit ${CODE:-0}
        """);
    script(folder.resolve("bin/javac"), "#!/bin/sh\n");
    Files.writeString(
        folder.resolve("release"), "IMPLEMENTOR=\"x\"\nJAVA_VERSION=\"" + version + "\"\n");
    return folder;
  }

  private void makeMaven(String more) throws IOException {
    script(
        root.resolve("tools/mvn"),
        """
        #!/bin/sh
        echo "$MAVEN_OPTS" >>"$CALLS"
        %s
        mkdir -p "$OUT" && : >"$OUT/a.jar"
        """
            .formatted(more));
    environment.put("OUT", home.resolve("cli/target/launch/lib").toString());
  }

  private Shell launch(String... args) throws Exception {
    return launchAs(home.resolve("crashlane"), args);
  }

  private Shell launchAs(Path launcher, String... args) throws Exception {
    String[] command = new String[args.length + 1];
    command[0] = launcher.toString();
    System.arraycopy(args, 0, command, 1, args.length);
    return Shell.run(root, environment, command);
  }

  private long buildCount() throws IOException {
    return Files.readAllLines(calls).size();
  }

  @Test
  void firstLaunchBuildsAndTheNextDoesNot() throws Exception {
    assertEquals(BUILDING, launch("version").err());
    Shell second = launch("version");
    assertEquals("", second.err());
    assertEquals(0, second.code());
    assertEquals(1, buildCount());
  }

  @Test
  void argumentsAndExitCodeArePassedOn() throws Exception {
    environment.put("CODE", "3");
    Shell run = launch("acpi", "show", "two words", "");
    assertEquals(3, run.code());
    assertTrue(run.out().startsWith(jdk + "/bin/java\n<-Dcrashlane.home=" + home + ">\n"));
    assertTrue(run.out().endsWith("Main>\n<acpi>\n<show>\n<two words>\n<>\n"), run.out());
  }

  @Test
  void editedSourceIsBuiltAgain() throws Exception {
    launch();
    Files.setLastModifiedTime(
        home.resolve("cli/src/main/java/A.java"), FileTime.from(Instant.now().plusSeconds(60)));
    assertEquals(BUILDING, launch().err());
    assertEquals(2, buildCount());
  }

  @Test
  void removedSourceIsBuiltAgain() throws Exception {
    Files.writeString(home.resolve("cli/src/main/java/B.java"), "");
    launch();
    Files.delete(home.resolve("cli/src/main/java/B.java"));
    assertEquals(BUILDING, launch().err());
  }

  @Test
  void launcherWorksThroughLinksToLinks() throws Exception {
    Path first = Files.createSymbolicLink(root.resolve("one"), home.resolve("crashlane"));
    Path elsewhere = Files.createDirectories(root.resolve("else where"));
    Path second = Files.createSymbolicLink(elsewhere.resolve("two"), Path.of("../one"));
    assertTrue(Files.isSymbolicLink(first));
    Shell run = launchAs(second, "version");
    assertTrue(run.out().contains("<-Dcrashlane.home=" + home + ">\n"), run.out() + run.err());
  }

  @Test
  void failedBuildShowsWhatMavenSaidAndLeavesNothing() throws Exception {
    makeMaven("echo 'no such symbol'; exit 1");
    Shell run = launch("version");
    assertEquals(2, run.code());
    assertEquals("", run.out());
    assertTrue(run.err().startsWith(BUILDING + "no such symbol\ncrashlane: "), run.err());
    assertFalse(Files.exists(home.resolve("target/app")));
  }

  @Test
  void twoLaunchesAtOnceBuildOnce() throws Exception {
    launchTwoAtOnce();
    assertEquals(1, buildCount());
  }

  @Test
  void twoLaunchesAtOnceBuildOnceWithoutFlock() throws Exception {
    Files.delete(root.resolve("tools/flock"));
    launchTwoAtOnce();
    assertEquals(1, buildCount());
    assertFalse(Files.exists(home.resolve("target/launcher.lock.d")));
  }

  private void launchTwoAtOnce() throws Exception {
    makeMaven("sleep 1");
    CompletableFuture<Shell> other =
        CompletableFuture.supplyAsync(() -> {
          try {
            return launch("other");
          } catch (Exception e) {
            throw new IllegalStateException(e);
          }
        });
    Shell mine = launch("mine");
    assertTrue(mine.out().endsWith("<mine>\n"), mine.err());
    assertTrue(other.get().out().endsWith("<other>\n"), other.get().err());
  }

  @Test
  void lockOfAKilledBuildIsTakenOver() throws Exception {
    Files.delete(root.resolve("tools/flock"));
    Path lock = Files.createDirectories(home.resolve("target/launcher.lock.d"));
    // Beyond the largest process id that Linux gives out.
    Files.writeString(lock.resolve("pid"), "4194305\n");
    assertEquals(BUILDING, launch().err());
  }

  @Test
  void oldJavaHomeGivesWayToTheUsualPlaces() throws Exception {
    environment.put("JAVA_HOME", makeJdk(root.resolve("old"), "17.0.15").toString());
    makeJdk(root.resolve("usual/jdk-21"), "21");
    Path early = makeJdk(root.resolve("usual/jdk-26"), "26-ea");
    assertTrue(launch().out().startsWith(early + "/bin/java\n"));
  }

  @Test
  void javaOnThePathIsFoundBehindItsLink() throws Exception {
    environment.remove("JAVA_HOME");
    Files.createSymbolicLink(root.resolve("tools/java"), jdk.resolve("bin/java"));
    assertTrue(launch().out().startsWith(jdk + "/bin/java\n"));
  }

  @Test
  void withoutJdkOneLineSaysWhatToInstall() throws Exception {
    Files.delete(jdk.resolve("bin/javac"));
    Shell run = launch("version");
    assertEquals(2, run.code());
    assertTrue(run.err().startsWith("crashlane: no JDK 25 or newer found"), run.err());
    assertEquals(1, run.err().lines().count());
  }

  @Test
  void withoutMavenOneLineSaysWhatToInstall() throws Exception {
    Files.delete(root.resolve("tools/mvn"));
    Shell run = launch("version");
    assertEquals(2, run.code());
    assertTrue(run.err().startsWith("crashlane: no Maven found"), run.err());
    assertEquals(1, run.err().lines().count());
  }

  @Test
  void mavenGetsTheUnsafeOptionOnlyFromAJvmThatKnowsIt() throws Exception {
    environment.put("MAVEN_OPTS", "-Xmx1g");
    launch();
    environment.put("UNKNOWN_OPTION", "1");
    Files.delete(home.resolve("target/app/built"));
    launch();
    assertEquals(
        List.of("-Xmx1g --sun-misc-unsafe-memory-access=allow", "-Xmx1g"),
        Files.readAllLines(calls));
  }
}
