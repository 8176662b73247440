using System.Globalization;
using System.Text;
using Relay.Delivery;
using Relay.Mail;
using Relay.Tests.Support;

namespace Relay.Tests.Unit;

/// <summary>Real reports with what somebody else made of them, read and judged by us.</summary>
/// <remarks>
/// The corpus names no addresses: a recipient counts as right when as many were found in its report as are expected. There is no clean hold-out,
/// misses anywhere in the corpus were looked at while reader and rules were written.
/// </remarks>
internal sealed class BounceCorpus
{
    // Their reasons by our subclasses; several where one side tells more apart than the other. A class is right when it is one of these.
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

    /// <summary>Share of rows in percent for which the condition holds.</summary>
    public double Share(Func<Row, bool> holds) => 100.0 * _rows.Count(holds) / _rows.Count;

    /// <summary>Figures and table as docs/bounces.md has them.</summary>
    public string ToMarkdown()
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{_rows.Select(row => row.File).Distinct().Count()} reports, {_rows.Count} recipients: ");
        text.Append(CultureInfo.InvariantCulture, $"recipients right {Share(row => row.IsRecipientRight):F1} %, hard or soft {Share(row => row.IsHardnessRight):F1} %, ");
        text.Append(CultureInfo.InvariantCulture, $"class {Share(row => row.IsClassRight):F1} %.\n\n");
        text.Append("| reason (corpus) | recipients | right | our subclasses |\n|---|---|---|---|\n");
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
                ? Unnamed(file, reason, isHard, report.Kind)
                : new Row(
                    file,
                    reason,
                    found.Count == expected.Count,
                    isHard == (report.Kind == ReportKind.Delivery && verdict.IsHard),
                    IsRight(reason, report.Kind, verdict),
                    report.Kind == ReportKind.Delivery ? verdict.Subclass : report.Kind.ToString()));
        }
    }

    // A complaint may hide its recipient and is one all the same.
    private static Row Unnamed(string file, string reason, bool isHard, ReportKind kind) => kind is ReportKind.Feedback or ReportKind.Unsubscribe
        ? new Row(file, reason, false, !isHard, reason == "feedback", kind.ToString())
        : new Row(file, reason, false, false, false, "not read");

    private static bool IsRight(string reason, ReportKind kind, BounceVerdict verdict) => reason switch
    {
        "feedback" => kind is ReportKind.Feedback or ReportKind.Unsubscribe,
        "vacation" => kind == ReportKind.AutoReply,
        _ => kind == ReportKind.Delivery && Reasons.TryGetValue(verdict.Subclass, out var reasons) && reasons.Contains(reason),
    };

    internal sealed record Row(string File, string Reason, bool IsRecipientRight, bool IsHardnessRight, bool IsClassRight, string Ours);
}
