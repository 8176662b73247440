using Relay.Mail;

namespace Relay.Queue;

/// <summary>The bulk-sender gate at the door: judges what stands in the message, and what is known of its domain already.</summary>
public sealed class ComplianceDoor(ComplianceOptions options, IDomainFindings domains) : IMessageGate
{
    public const string Class = "compliance";

    public GateVerdict? Judge(GateQuestion question)
    {
        var mode = options.ModeOf(question.Message.Stream);
        if (mode == ComplianceMode.Off)
        {
            return null;
        }

        var adds = new AddedFields(question.Submission.AddMessageId, question.Submission.AddDate);
        List<ComplianceFinding> found = [.. MessageRules.Judge(question.Message, question.Header, question.LongestLine, adds, options), .. domains.Known(question.Message) ?? []];
        return found.Count == 0 ? null : VerdictOf(mode, found);
    }

    public static GateVerdict VerdictOf(ComplianceMode mode, IReadOnlyList<ComplianceFinding> found)
    {
        var text = ComplianceFinding.TextOf(found);
        var act = mode switch { ComplianceMode.Reject => GateAct.Refuse, ComplianceMode.Hold => GateAct.Hold, _ => GateAct.Note };
        Count(act, found);
        return new GateVerdict(act, Class, text)
        {
            Findings = found,
            Reply = act == GateAct.Refuse ? ReplyOf(found) : null,
        };
    }

    private static void Count(GateAct act, IReadOnlyList<ComplianceFinding> found)
    {
        var word = act switch { GateAct.Refuse => "refuse", GateAct.Hold => "hold", _ => "note" };
        foreach (var finding in found)
        {
            QueueMetrics.Findings.Add(1, new KeyValuePair<string, object?>("rule", finding.Rule.Id), new KeyValuePair<string, object?>("act", word));
        }
    }

    // One line for each finding, the code of the first: a client shows them all.
    private static SmtpReply ReplyOf(IReadOnlyList<ComplianceFinding> found) =>
        new(550, EnhancedStatusCode.Parse(found[0].Rule.Status), [.. found.Take(MaxLines).Select(finding => ComplianceFinding.TextOf([finding]) is { Length: > MaxLine } text ? text[..MaxLine] : ComplianceFinding.TextOf([finding]))]);

    private const int MaxLines = 10;
    private const int MaxLine = 400;
}
