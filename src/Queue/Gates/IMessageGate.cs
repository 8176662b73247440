using System.Text;
using Relay.Mail;

namespace Relay.Queue;

/// <summary>Looks at each message at the door and may keep it from being sent, or from being taken. Quick: it asks nobody.</summary>
public interface IMessageGate
{
    /// <returns>Null: there is nothing to say.</returns>
    GateVerdict? Judge(GateQuestion question);
}

/// <param name="Message">As it would be queued.</param>
/// <param name="LongestLine">Octets of the longest line of the content, without its end.</param>
public sealed record GateQuestion(QueuedMessage Message, Submission Submission, HeaderBlock Header, int LongestLine);

public enum GateAct
{
    /// <summary>Taken and sent; what was found stands in the event.</summary>
    Note,

    /// <summary>Taken, and kept until an operator lets it go.</summary>
    Hold,

    /// <summary>Not taken.</summary>
    Refuse,
}

/// <param name="Class">Stable word for scripts; stands in the event.</param>
/// <param name="Text">A sentence, ASCII.</param>
public sealed record GateVerdict(GateAct Act, string Class, string Text)
{
    /// <summary>Of a refusal.</summary>
    public SmtpReply? Reply { get; init; }

    public IReadOnlyList<ComplianceFinding> Findings { get; init; } = [];
}

/// <summary>All gates of the door as one.</summary>
internal sealed class MessageGates(IEnumerable<IMessageGate> gates)
{
    private readonly IReadOnlyList<IMessageGate> _gates = [.. gates];

    /// <returns>What is strictest; null: nothing. What this server makes itself passes.</returns>
    /// <param name="fields">What is added in front of the header block.</param>
    public GateVerdict? Judge(QueuedMessage message, IncomingMessage incoming, StreamFields fields, HeaderBlock header)
    {
        if (message.Door == Door.Internal || _gates.Count == 0)
        {
            return null;
        }

        // As it goes out; where each recipient has fields of his own, the first stands for all.
        var added = fields.Shared + fields.Own?.Invoke(incoming.Submission.Envelope.Recipients[0].Mailbox);
        header = added.Length == 0 ? header : HeaderBlock.Parse(new byte[][] { Encoding.UTF8.GetBytes(added), header.Bytes.ToArray() }.SelectMany(bytes => bytes).ToArray());

        GateVerdict? strictest = null;
        foreach (var gate in _gates)
        {
            var verdict = gate.Judge(new GateQuestion(message, incoming.Submission, header, incoming.Content.LongestLine));
            strictest = verdict is not null && (strictest is null || verdict.Act > strictest.Act) ? verdict : strictest;
        }

        return strictest;
    }
}
