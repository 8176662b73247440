using System.Globalization;
using System.Text;
using Relay.Delivery;
using Relay.Mail;
using Relay.Tests.Support;

namespace Relay.Tests.Unit;

/// <summary>Real reports with what somebody else made of them, read and judged by us.</summary>
internal sealed class BounceCorpus
{
    // Their reasons by our subclasses; several where one side tells more apart than the other.
    private static readonly Dictionary<string, string[]> Reasons = new(StringComparer.Ordinal)
    {
        ["user-unknown"] = ["userunknown"],
        ["moved"] = ["hasmoved"],
        ["mailbox-disabled"] = ["suspend", "filtered"],
        ["recipient-refuses"] = ["filtered", "policyviolation"],
        ["host-unknown"] = ["hostunknown"],
        ["accepts-no-mail"] = ["notaccept"],
        ["mailbox-full"] = ["mailboxfull"],
        ["sender-refused"] = ["rejected"],
        ["too-large"] = ["mesgtoobig", "exceedlimit"],
        ["spam"] = ["spamdetected"],
        ["virus"] = ["virusdetected"],
        ["content"] = ["contenterror"],
        ["malformed"] = ["notcompliantrfc", "contenterror"],
        ["listed"] = ["blocked", "badreputation"],
        ["poor-reputation"] = ["badreputation", "blocked"],
        ["no-reverse-name"] = ["requireptr", "blocked"],
        ["unauthenticated"] = ["authfailure"],
        ["login-required"] = ["securityerror", "authfailure"],
        ["tls"] = ["failedstarttls", "securityerror"],
        ["rate"] = ["toomanyconn", "speeding", "blocked"],
        ["greylisted"] = ["onhold"],
        ["relaying"] = ["norelaying"],
        ["policy"] = ["policyviolation", "securityerror"],
        ["security"] = ["securityerror", "policyviolation"],
        ["too-many-recipients"] = ["exceedlimit", "toomanyconn"],
        ["system"] = ["systemerror", "mailererror", "onhold"],
        ["system-full"] = ["systemfull"],
        ["mailer"] = ["mailererror", "systemerror"],
        ["network"] = ["networkerror", "expired"],
        ["loop"] = ["networkerror"],
        ["expired"] = ["expired", "networkerror"],
        ["syntax"] = ["syntaxerror"],
        ["undefined"] = ["undefined", "onhold"],
    };

    private readonly List<Row> _rows = [];

    public IReadOnlyList<Row> Rows => _rows;

    public static BounceCorpus Read()
    {
        var folder = TestData.FindShared("bounces-sisimai")!;
        var corpus = new BounceCorpus();
        var expected = File.ReadAllLines(Path.Combine(folder, "expected.tsv")).Skip(1).Select(line => line.Split('\t'));
        foreach (var file in expected.GroupBy(fields => fields[0]))
        {
            corpus.Add(file.Key, [.. file], ReportReader.Read(File.ReadAllBytes(Path.Combine(folder, "eml", file.Key))));
        }

        return corpus;
    }

    /// <summary>Share of rows in percent for which the condition holds; <paramref name="half"/> null: all of them.</summary>
    public double Share(Func<Row, bool> holds, int? half = null)
    {
        var rows = _rows.Where(row => half is null || row.Half == half).ToList();
        return 100.0 * rows.Count(holds) / rows.Count;
    }

    /// <summary>The table as docs/bounces.md has it.</summary>
    public string ToMarkdown()
    {
        var text = new StringBuilder("| reason (corpus) | recipients | right | our subclasses |\n|---|---|---|---|\n");
        foreach (var reason in _rows.GroupBy(row => row.Reason).OrderByDescending(group => group.Count()).ThenBy(group => group.Key, StringComparer.Ordinal))
        {
            var ours = reason.GroupBy(row => row.Ours).OrderByDescending(group => group.Count()).ThenBy(group => group.Key, StringComparer.Ordinal)
                .Select(group => string.Create(CultureInfo.InvariantCulture, $"{group.Key} {group.Count()}"));
            text.Append(CultureInfo.InvariantCulture, $"| {reason.Key} | {reason.Count()} | {reason.Count(row => row.IsClassRight)} | {string.Join(", ", ours)} |\n");
        }

        return text.ToString();
    }

    private void Add(string file, IReadOnlyList<string[]> expected, IncomingReport report)
    {
        var found = ReportEvidence.Of(report);
        for (var i = 0; i < expected.Count; i++)
        {
            var (reason, isHard) = (expected[i][4], expected[i][5] == "1");
            var verdict = i < found.Count ? BounceClassifier.Shipped.Classify(found[i].Facts) : null;
            _rows.Add(verdict is null
                ? new Row(file, reason, HalfOf(file), found.Count == expected.Count, false, false, "not read")
                : new Row(
                    file,
                    reason,
                    HalfOf(file),
                    found.Count == expected.Count,
                    isHard == (report.Kind == ReportKind.Delivery && verdict.IsHard),
                    IsRight(reason, report.Kind, verdict),
                    report.Kind == ReportKind.Delivery ? verdict.Subclass : report.Kind.ToString()));
        }
    }

    private static bool IsRight(string reason, ReportKind kind, BounceVerdict verdict) => reason switch
    {
        "feedback" => kind is ReportKind.Feedback or ReportKind.Unsubscribe,
        "vacation" => kind == ReportKind.AutoReply,
        _ => kind == ReportKind.Delivery && Reasons.TryGetValue(verdict.Subclass, out var reasons) && reasons.Contains(reason),
    };

    // Rules were made looking at half 0; half 1 tells whether they generalise. The hash is FNV-1a.
    private static int HalfOf(string name) => (int)(name.Aggregate(2166136261u, (hash, c) => (hash ^ c) * 16777619u) >> 7) & 1;

    internal sealed record Row(string File, string Reason, int Half, bool IsRecipientRight, bool IsHardnessRight, bool IsClassRight, string Ours);
}
