# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# Finds what crashlane is built with and runs on. Sourced by the launcher and by check.

# Prints the home of a JDK 25 or newer, or fails: JAVA_HOME, then java on the PATH, then the usual
# places. Versions are read from the JDK's "release" file, which costs no start of a JVM.
find_jdk() {
  if [ -n "${JAVA_HOME:-}" ] && is_new_jdk "$JAVA_HOME"; then
    printf '%s\n' "$JAVA_HOME"
    return 0
  fi
  on_path=$(command -v java 2>/dev/null) && on_path=$(readlink -f "$on_path" 2>/dev/null)
  if [ -n "$on_path" ] && is_new_jdk "${on_path%/bin/java}"; then
    printf '%s\n' "${on_path%/bin/java}"
    return 0
  fi
  for jdk in /usr/lib/jvm/* /usr/java/* /opt/* /opt/java/* \
    "${HOME:-/}"/.sdkman/candidates/java/* "${HOME:-/}"/.jdks/* \
    /home/linuxbrew/.linuxbrew/opt/openjdk*/libexec \
    /opt/homebrew/opt/openjdk*/libexec/openjdk.jdk/Contents/Home \
    /usr/local/opt/openjdk*/libexec/openjdk.jdk/Contents/Home \
    /Library/Java/JavaVirtualMachines/*/Contents/Home; do
    if is_new_jdk "$jdk"; then
      printf '%s\n' "$jdk"
      return 0
    fi
  done
  return 1
}

# True if $1 is the home of a JDK (not of a JRE) of version 25 or newer.
is_new_jdk() {
  [ -x "$1/bin/java" ] && [ -x "$1/bin/javac" ] && [ -r "$1/release" ] || return 1
  version=$(sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$1/release" 2>/dev/null)
  [ -n "$version" ] && [ "$version" -ge 25 ]
}

# Says in one line what is missing: JDK or Maven, as $1.
what_to_install() {
  case $1 in
    jdk)
      echo "no JDK 25 or newer found (JAVA_HOME, PATH, /usr/lib/jvm, /opt, SDKMAN, Homebrew):" \
        "install one, for example from https://adoptium.net, or set JAVA_HOME"
      ;;
    maven) echo "no Maven found: install it (Debian: apt-get install maven)" ;;
  esac
}

# Prints what Maven's own JVM is to be given: $1 is the JDK's home. Maven's libraries use Unsafe, of
# which JDKs warn; a JDK that does not know the option (any more) would not start with it.
maven_options() {
  quiet=--sun-misc-unsafe-memory-access=allow
  if "$1/bin/java" "$quiet" -version >/dev/null 2>&1; then
    printf '%s\n' "${MAVEN_OPTS:+$MAVEN_OPTS }$quiet"
  else
    printf '%s\n' "${MAVEN_OPTS:-}"
  fi
}
