using System.Diagnostics;
using System.Net;
using System.Text.Json;
using Relay.Dns;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Integration;

/// <summary>The public test suite of RFC 7208, as others carry it: 203 questions about 16 zones.</summary>
public sealed class SpfSuiteTests
{
    internal static readonly string Suite = Path.Combine(TestData.Root, "artifacts", "spf-suite", "usr", "share", "gocode", "src", "blitiri.com.ar", "go", "spf", "testdata", "rfc7208-tests.yml");

    // JSON, in which bytes beyond ASCII stay what they are in the file.
    private const string ToJson = "import sys, json, yaml; print(json.dumps(list(yaml.safe_load_all(open(sys.argv[1], encoding='utf-8'))), default=str))";

    [SpfSuiteFact]
    public async Task Answers_every_question_of_the_suite_as_it_expects()
    {
        using var suite = JsonDocument.Parse(await ReadAsync());
        var wrong = new List<string>();
        var asked = 0;
        foreach (var scenario in suite.RootElement.EnumerateArray())
        {
            var evaluator = new SpfEvaluator(new SuiteZone(scenario.GetProperty("zonedata")), "mx.example.org", TimeProvider.System);
            foreach (var test in scenario.GetProperty("tests").EnumerateObject())
            {
                asked++;
                var question = SpfQuestion.Of(IPAddress.Parse(Text(test.Value, "host")), Text(test.Value, "mailfrom"), Text(test.Value, "helo"));
                var result = await evaluator.CheckAsync(question, CancellationToken.None);
                if (!Expected(test.Value.GetProperty("result")).Contains(result.Word) || !ExplainsAs(test.Value, result))
                {
                    wrong.Add($"{test.Name}: {result.Word} ({result.Reason}) '{result.Explanation}'; expected {test.Value.GetProperty("result")} '{Text(test.Value, "explanation")}'");
                }
            }
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
        Assert.Equal(203, asked);
    }

    private static bool ExplainsAs(JsonElement test, SpfResult result) => Text(test, "explanation") switch
    {
        "" => true,
        "DEFAULT" => result.Explanation is null,
        var text => result.Explanation == text,
    };

    private static string[] Expected(JsonElement result) =>
        result.ValueKind == JsonValueKind.Array ? [.. result.EnumerateArray().Select(item => item.GetString()!)] : [result.GetString()!];

    private static string Text(JsonElement test, string name) => test.TryGetProperty(name, out var value) ? value.ToString() : string.Empty;

    private static async Task<string> ReadAsync()
    {
        using var process = Process.Start(new ProcessStartInfo("python3", ["-c", ToJson, Suite]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, await process.StandardError.ReadToEndAsync());
        return output;
    }

    /// <summary>A zone in the suite's own form; a name that says TIMEOUT answers nothing it does not list.</summary>
    private sealed class SuiteZone : IDnsResolver
    {
        private readonly Dictionary<string, List<JsonElement>> _names = new(StringComparer.OrdinalIgnoreCase);

        public SuiteZone(JsonElement zone)
        {
            foreach (var name in zone.EnumerateObject())
            {
                _names[name.Name.TrimEnd('.')] = [.. name.Value.EnumerateArray()];
            }
        }

        public ValueTask<DnsAnswer<MxRecord>> LookupMxAsync(string name, CancellationToken cancellationToken) =>
            FindAsync(name, "MX", value => new MxRecord(value[0].GetInt32(), value[1].GetString()!));

        public async ValueTask<DnsAnswer<AddressRecord>> LookupAddressesAsync(string name, CancellationToken cancellationToken)
        {
            var four = await FindAsync(name, "A", value => new AddressRecord(IPAddress.Parse(value.GetString()!)));
            var six = await FindAsync(name, "AAAA", value => new AddressRecord(IPAddress.Parse(value.GetString()!)));
            var status = four.IsSuccess || six.IsSuccess ? DnsStatus.Success : four.IsTemporary ? four.Status : six.Status;
            return new DnsAnswer<AddressRecord>(status, [.. four.Records, .. six.Records]);
        }

        // Records of type SPF stand for both types unless a name lists TXT of its own.
        public ValueTask<DnsAnswer<TxtRecord>> LookupTxtAsync(string name, CancellationToken cancellationToken) =>
            FindAsync(name, Names(name, "TXT") ? "TXT" : "SPF", value => new TxtRecord(Joined(value)));

        public ValueTask<DnsAnswer<TlsaRecord>> LookupTlsaAsync(string name, CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask<DnsAnswer<PtrRecord>> LookupPtrAsync(IPAddress address, CancellationToken cancellationToken)
        {
            var bytes = address.GetAddressBytes();
            var name = bytes.Length == 4
                ? string.Join('.', bytes.Reverse()) + ".in-addr.arpa"
                : string.Join('.', Convert.ToHexStringLower(bytes).Reverse()) + ".ip6.arpa";
            return FindAsync(name, "PTR", value => new PtrRecord(value.GetString()!));
        }

        private static string Joined(JsonElement value) =>
            value.ValueKind == JsonValueKind.Array ? string.Concat(value.EnumerateArray().Select(item => item.GetString())) : value.GetString()!;

        private bool Names(string name, string type)
        {
            while (Find(name, "CNAME") is [{ } alias])
            {
                name = alias.GetString()!.TrimEnd('.');
            }

            return Find(name, type).Count > 0;
        }

        private List<JsonElement> Find(string name, string type) =>
            [.. _names.GetValueOrDefault(name, []).Where(record => record.TryGetProperty(type, out _)).Select(record => record.GetProperty(type))];

        private ValueTask<DnsAnswer<T>> FindAsync<T>(string name, string type, Func<JsonElement, T> read)
        {
            for (var hops = 0; hops < 10; hops++)
            {
                var found = Find(name, type).Where(value => value.ValueKind != JsonValueKind.String || value.GetString() != "NONE").Select(read).ToList();
                if (found.Count > 0)
                {
                    return ValueTask.FromResult(new DnsAnswer<T>(DnsStatus.Success, found));
                }

                if (Find(name, "TIMEOUT").Count > 0)
                {
                    return ValueTask.FromResult(new DnsAnswer<T>(DnsStatus.Timeout, []));
                }

                if (Find(name, "CNAME") is not [{ } alias])
                {
                    return ValueTask.FromResult(new DnsAnswer<T>(_names.ContainsKey(name) ? DnsStatus.NoData : DnsStatus.NoSuchDomain, []));
                }

                name = alias.GetString()!.TrimEnd('.');
            }

            return ValueTask.FromResult(new DnsAnswer<T>(DnsStatus.ServerFailure, []));
        }
    }
}

/// <summary>Skips where the suite was not unpacked, or Python cannot read it.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class SpfSuiteFactAttribute : FactAttribute
{
    public SpfSuiteFactAttribute()
    {
        if (!File.Exists(SpfSuiteTests.Suite) || PeerFactAttribute.FindExecutable("python3") is null)
        {
            Skip = "the SPF test suite is not unpacked here, or python3 is not installed";
        }
    }
}
