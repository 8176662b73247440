using System.Globalization;
using System.Text.Json;

namespace Relay;

/// <summary><c>sendmail -bp</c>, also as <c>mailq</c>: the queue as programs and people know it from other servers, one paragraph for each message.</summary>
/// <remarks>Asks the server over its local socket, whose file says who may; where none runs, the data folder itself.</remarks>
internal sealed class MailqCommand(TextWriter output, TimeZoneInfo zone)
{
    private const string Title = "-Queue ID------------------ --Size-- ----Arrival Time---- -Sender/Recipient-------";
    private const int RecipientColumn = 58;

    private long _bytes;
    private int _messages;

    /// <param name="configFile">Null: the usual rules.</param>
    public static async Task<int> RunAsync(string? configFile, TextWriter output, TextWriter error)
    {
        try
        {
            var words = configFile is null ? (string[])["queue", "list"] : ["queue", "list", "--config", configFile];
            var context = new CommandContext(CommandLine.Parse(words, CommandTable.All), TextReader.Null, output, error);
            var options = CommandConfiguration.Load(context);
            if (!Directory.Exists(options.Data))
            {
                throw new OperatorException($"there is no data folder {options.Data}; -C FILE names another configuration", ExitCodes.NotFound);
            }

            await using var client = await AdminClient.OpenAsync(context, CancellationToken.None);
            await new MailqCommand(output, TimeZoneInfo.Local).WriteAsync(EntriesAsync(client));
            await WriteMaildropAsync(options.Local.Maildrop, output);
            return ExitCodes.Ok;
        }
        catch (OperatorException trouble)
        {
            await error.WriteLineAsync($"mailq: {trouble.Message}");
            return trouble.ExitCode;
        }
    }

    /// <summary>Writes the list of these entries of the admin API, in which recipients of a message stand together.</summary>
    public async Task WriteAsync(IAsyncEnumerable<JsonElement> entries)
    {
        var message = new List<JsonElement>();
        await foreach (var entry in entries)
        {
            if (message.Count > 0 && message[0].Text("messageId") != entry.Text("messageId"))
            {
                await WriteMessageAsync(message);
                message.Clear();
            }

            message.Add(entry);
        }

        if (message.Count == 0)
        {
            await output.WriteLineAsync("Mail queue is empty");
            return;
        }

        await WriteMessageAsync(message);
        await output.WriteLineAsync(string.Create(
            CultureInfo.InvariantCulture, $"\n-- {(_bytes + 1023) / 1024} Kbytes in {_messages} Request{(_messages == 1 ? "" : "s")}."));
    }

    private static async IAsyncEnumerable<JsonElement> EntriesAsync(AdminClient client)
    {
        await foreach (var page in new ListPages("admin/v1/queue") { Cursor = "before" }.ReadAsync(client, CancellationToken.None))
        {
            foreach (var entry in page.GetProperty("entries").EnumerateArray())
            {
                yield return entry;
            }
        }
    }

    private async Task WriteMessageAsync(List<JsonElement> recipients)
    {
        await output.WriteLineAsync(_messages == 0 ? Title : "");
        var first = recipients[0];
        var size = first.GetProperty("sizeBytes").GetInt64();
        var arrival = TimeZoneInfo.ConvertTime(first.GetProperty("acceptedAt").GetDateTimeOffset(), zone);
        var sender = first.Text("reversePath") is { Length: > 0 } address ? address : "MAILER-DAEMON";
        await output.WriteLineAsync(string.Create(
            CultureInfo.InvariantCulture, $"{first.Text("messageId")}{Mark(recipients)}{size,9} {arrival:ddd MMM dd HH:mm:ss}  {ListTable.Printable(sender)}"));
        var last = "";
        foreach (var recipient in recipients)
        {
            if (Reason(recipient) is { Length: > 0 } reason && reason != last)
            {
                await output.WriteLineAsync($"{new string(' ', 8)}({ListTable.Printable(reason)})");
                last = reason;
            }

            await output.WriteLineAsync(new string(' ', RecipientColumn) + ListTable.Printable(recipient.Text("recipient")));
        }

        _bytes += size;
        _messages++;
    }

    // On its way, or held by an operator: the marks of Postfix.
    private static char Mark(List<JsonElement> recipients) =>
        recipients.Exists(recipient => recipient.Text("state") == "leased") ? '*' : recipients.Exists(recipient => recipient.Text("state") == "held") ? '!' : ' ';

    private static string Reason(JsonElement recipient) => recipient.Text("state") switch
    {
        "held" => "held" + (recipient.Text("lastReply") is { Length: > 0 } reply ? ": " + reply : ""),
        "scheduled" => "not before " + recipient.Time("nextAttempt"),
        _ => recipient.Text("lastReply"),
    };

    private static async Task WriteMaildropAsync(string folder, TextWriter output)
    {
        try
        {
            var waiting = new Maildrop(folder).Waiting().Count();
            if (waiting > 0)
            {
                await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"-- {waiting} more in the maildrop, for a server that runs: {folder}"));
            }
        }
        catch (UnauthorizedAccessException)
        {
            // Anybody may put mail in there; only its owner sees it.
        }
    }
}
