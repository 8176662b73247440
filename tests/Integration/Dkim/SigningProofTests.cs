using System.Globalization;
using System.Text;
using System.Text.Json;
using Relay.Tests.Support;
using Xunit;
using Xunit.Abstractions;

namespace Relay.Tests.Integration;

/// <summary>Messages that others wrote, submitted, signed by the relay and judged by foreign verifiers: each signature holds, and breaks with a second From.</summary>
public sealed class SigningProofTests(SignedCorpus corpus, ITestOutputHelper output) : IClassFixture<SignedCorpus>
{
    [DkimpyFact]
    public Task Dkimpy_verifies_every_signature_and_none_behind_a_second_From() =>
        AssertAsync(2, folder => corpus.JudgeAsync(DkimpyFactAttribute.Python!, Script("verify_many.py"), folder));

    [MailDkimFact]
    public Task Mail_DKIM_verifies_every_RSA_signature_and_none_behind_a_second_From() =>
        AssertAsync(1, folder => corpus.JudgeAsync("perl", Script("verify_many.pl"), folder));

    [NodeFact]
    public Task Mailauth_verifies_every_signature_and_none_behind_a_second_From() =>
        AssertAsync(2, folder => corpus.JudgeAsync("node", NodeFactAttribute.Script("verify-many.mjs"), folder));

    /// <summary>MimeKit judges what it writes of what it has parsed: of one message that is not what it read, so it can say nothing of that one.</summary>
    [Fact]
    public async Task MimeKit_verifies_every_signature_of_what_it_writes_as_it_read_it_and_none_behind_a_second_From()
    {
        var broken = Path.Combine("messages-mail-parser", "malformed", "022.eml");
        await AssertAsync(2, JudgeAsync, except: broken);
        var file = Directory.EnumerateFiles(corpus.SignedFolder).Single(file => corpus.NameOf(file) == broken);
        Assert.False(await MimeKitJudge.KeepsAsync(await File.ReadAllBytesAsync(file)));

        async Task<IReadOnlyList<string>> JudgeAsync(string folder)
        {
            var judge = new MimeKitJudge(corpus.Records);
            var lines = new List<string>();
            foreach (var file in Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal))
            {
                var verdicts = await judge.JudgeAsync(await File.ReadAllBytesAsync(file), SignedCorpus.Signer);
                lines.AddRange(verdicts.Select(verdict => $"{Path.GetFileName(file)} {verdict.Selector} {(verdict.Passes ? "pass" : "fail")}"));
            }

            return lines;
        }
    }

    [Fact]
    public void What_is_not_among_them_was_refused_for_a_reason_of_the_default_policy()
    {
        foreach (var (reason, count) in corpus.Refused.CountBy(refusal => refusal.Reason))
        {
            output.WriteLine($"{count} refused: {reason}");
        }

        output.WriteLine($"{corpus.Signed} signed");
        string[] known =
        [
            "550 5.6.0 the message has no From field",
            "550 5.6.0 the message has more than one From field",
            "550 5.6.0 the header block holds a line that is no field",
            "554 5.4.6 mail loop",
            "550 5.6.0 Message has CR or LF alone",
            "550 5.6.0 Message holds a NUL character",
        ];
        Assert.All(corpus.Refused, refusal => Assert.Contains(known, reason => refusal.Reason.StartsWith(reason, StringComparison.Ordinal)));
        Assert.True(corpus.Signed > 200, $"only {corpus.Signed} messages were signed");
    }

    private async Task AssertAsync(int perMessage, Func<string, Task<IReadOnlyList<string>>> judge, string? except = null)
    {
        var verdicts = await judge(corpus.SignedFolder);
        Assert.Empty(verdicts.Where(line => line.Split(' ')[2] != "pass" && corpus.NameOf(line.Split(' ')[0]) != except).Select(line => line + "  " + corpus.NameOf(line.Split(' ')[0])));
        Assert.Equal(perMessage * corpus.Signed, verdicts.Count);

        var altered = await judge(corpus.AlteredFolder);
        Assert.DoesNotContain(altered, line => line.Split(' ')[2] == "pass");
        Assert.Equal(perMessage * corpus.Signed, altered.Count);
    }

    private static string Script(string name) => Path.Combine(TestData.Root, "tests", "Integration", "Dkim", name);
}

/// <summary>Submits every message of the corpora to a relay that signs all of them, and keeps what arrived, as it arrived.</summary>
public sealed class SignedCorpus : IAsyncLifetime
{
    public const string Signer = "signer.test";

    private static readonly string[] Folders =
        ["dkim-dkimpy", "dkim-mail-auth", "dkim-mimekit", "messages-mail-parser", "messages-mimekit", "bounces-sisimai", "arf-mail-auth"];

    private static readonly string[] Endings = [".eml", ".msg", ".message", ".txt"];

    private readonly TemporaryFolder _folder = new();
    private readonly Dictionary<string, string> _names = [];

    public string SignedFolder => Path.Combine(_folder.Path, "signed");

    public string AlteredFolder => Path.Combine(_folder.Path, "altered");

    public List<(string Name, string Reason)> Refused { get; } = [];

    public int Signed { get; private set; }

    /// <summary>Texts of the public keys by the names they are published under.</summary>
    public IReadOnlyDictionary<string, string> Records { get; private set; } = new Dictionary<string, string>();

    public async Task InitializeAsync()
    {
        await using var sink = SmtpSink.Start();
        await using var relay = new RelayProcess();
        relay.Configure(string.Create(
            CultureInfo.InvariantCulture, $"[dkim]\ncosign = \"{Signer}\"\n[route.\"*\"]\nsmarthost = \"127.0.0.1:{sink.Port}\"\ntls = \"none\"\n"));
        await relay.StartAsync();
        var (exitCode, said) = await relay.RunAsync("dkim", "generate", Signer, "--active");
        Assert.True(exitCode == 0, said);
        var keys = JsonDocument.Parse((await relay.RunAsync("dkim", "list", Signer, "--json")).Output).RootElement.GetProperty("entries").EnumerateArray();
        Records = keys.ToDictionary(key => key.Word("name")!, key => key.Word("record")!);
        await File.WriteAllTextAsync(RecordsFile, JsonSerializer.Serialize(Records));
        foreach (var (name, content) in Messages())
        {
            await SubmitAsync(relay.SmtpPort, name, content);
        }

        Directory.CreateDirectory(SignedFolder);
        Directory.CreateDirectory(AlteredFolder);
        foreach (var message in await sink.NextMessagesAsync(_names.Count, TimeSpan.FromMinutes(2)))
        {
            var file = message.Recipients[0].Split('@')[0] + ".eml";
            await File.WriteAllBytesAsync(Path.Combine(SignedFolder, file), message.Content);
            await File.WriteAllBytesAsync(Path.Combine(AlteredFolder, file), [.. "From: Mallory <mallory@example.org>\r\n"u8, .. message.Content]);
            Signed++;
        }
    }

    public Task DisposeAsync()
    {
        _folder.Dispose();
        return Task.CompletedTask;
    }

    public string NameOf(string file) => _names[Path.GetFileNameWithoutExtension(file)];

    public async Task<IReadOnlyList<string>> JudgeAsync(string program, string script, string folder)
    {
        var said = await SubmissionRelay.RunAsync(program, [script, folder, RecordsFile, Signer]);
        return said.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    private string RecordsFile => Path.Combine(_folder.Path, "records.json");

    private async Task SubmitAsync(int port, string name, byte[] content)
    {
        var local = string.Create(CultureInfo.InvariantCulture, $"m{_names.Count:0000}");
        try
        {
            await SmtpTalk.SubmitAsync(port, "sender@" + Signer, [local + "@dest.test"], content, content.Any(octet => octet > 127) ? " BODY=8BITMIME" : "");
            _names.Add(local, name);
        }
        catch (InvalidOperationException refused)
        {
            Refused.Add((name, refused.Message.Split("got ")[^1].Trim()));
        }
    }

    private static IEnumerable<(string Name, byte[] Content)> Messages()
    {
        foreach (var folder in Folders)
        {
            var root = TestData.FindShared(folder) ?? TestData.Path(folder);
            foreach (var file in Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories).Where(file => Endings.Contains(Path.GetExtension(file))).Order(StringComparer.Ordinal))
            {
                var text = Encoding.Latin1.GetString(File.ReadAllBytes(file)).Replace("\r\n", "\n", StringComparison.Ordinal);

                // Those files begin with the record that goes with the message.
                text = folder == "dkim-mail-auth" ? text[(text.IndexOf("\n\n", StringComparison.Ordinal) + 2)..] : text;
                text = text.EndsWith('\n') ? text : text + "\n";
                yield return (Path.Combine(folder, Path.GetRelativePath(root, file)), Encoding.Latin1.GetBytes(text.Replace("\n", "\r\n", StringComparison.Ordinal)));
            }
        }
    }
}
