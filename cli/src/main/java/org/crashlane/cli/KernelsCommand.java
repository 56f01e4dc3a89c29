// SPDX-License-Identifier: Apache-2.0
package org.crashlane.cli;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import org.crashlane.guest.lab.parts.KernelFlavour;
import org.crashlane.guest.lab.parts.KernelOffer;
import org.crashlane.guest.lab.parts.Parts;
import org.crashlane.report.Colours.Style;
import org.crashlane.report.JsonReport;
import org.crashlane.report.Table;
import org.crashlane.report.Table.Cell;
import org.crashlane.report.Table.Column;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** {@code crashlane kernels}. */
@Command(
    name = "kernels",
    description = {
      "List the kernels that 'rehearse --stage qemu --kernel' can boot: the newest of each series "
          + "that Debian has, from bullseye to sid.",
      "",
      "Debian's lists are read by a configuration of apt in crashlane's cache: the host's is not "
          + "changed, and no root is needed."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  crashlane kernels",
      "  crashlane rehearse --stage qemu --kernel 6.12",
      "  crashlane rehearse --stage qemu --kernel path/to/bzImage"
    },
    exitCodeList = {"0:done", "2:bad usage, or the lists cannot be had"})
final class KernelsCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Option(names = "--json", description = "Print one JSON document.")
  private boolean json;

  KernelsCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws IOException {
    List<KernelOffer> offers = Parts.inUsersCache(terminal::complain).offers();
    terminal.out().print(json ? JsonReport.text(document(offers)) : table(offers));
    return ExitCode.HOLDS.number();
  }

  private String table(List<KernelOffer> offers) {
    Table table =
        Table.of(
            Column.left("series"),
            Column.left("newest release"),
            Column.left("package"),
            Column.left("flavours"),
            Column.left("cached"));
    offers.forEach(offer ->
        table.row(
            List.of(
                new Cell(offer.series(), Style.STRONG),
                Cell.of(offer.release()),
                Cell.of(offer.version()),
                Cell.of(String.join(" ", flavours(offer))),
                Cell.of(offer.isCached() ? "yes" : ""))));
    return table.render(terminal.columns(), terminal.colours());
  }

  /** {@return what is printed with {@code --json}} */
  static ObjectNode document(List<KernelOffer> offers) {
    return JsonReport.document().set("kernels", JsonReport.array(offers, KernelsCommand::json));
  }

  private static List<String> flavours(KernelOffer offer) {
    return offer.flavours().stream().sorted().map(KernelFlavour::label).toList();
  }

  private static ObjectNode json(KernelOffer offer) {
    ObjectNode node =
        JsonNodeFactory.instance
            .objectNode()
            .put("series", offer.series())
            .put("release", offer.release())
            .put("package", offer.version());
    flavours(offer).forEach(node.putArray("flavours")::add);
    return node.put("cached", offer.isCached());
  }
}
