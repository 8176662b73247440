using System.Globalization;
using Relay.Delivery;
using Relay.Mail;
using Relay.Queue;

namespace Relay.Storage;

/// <summary>What the records of the last process come to, by lease and recipient.</summary>
internal sealed class HandoffNotes
{
    private readonly Dictionary<(LeaseToken Lease, long Recipient), HandoffNote> _notes = [];

    /// <param name="records">In the order in which they were written.</param>
    /// <param name="generation">The highest among them.</param>
    public HandoffNotes(IEnumerable<HandoffRecord> records, uint generation)
    {
        Generation = generation;
        foreach (var record in records)
        {
            foreach (var id in record.Recipients)
            {
                Note(record, (record.Lease, id));
            }
        }
    }

    public uint Generation { get; }

    /// <summary>Null: nothing is in flight; the recipient was not sent.</summary>
    public HandoffNote? Find(LeaseToken lease, long recipient) => _notes.GetValueOrDefault((lease, recipient));

    public static string TextOf(HandoffPeer peer) => string.Join('\n', peer.Host, peer.Address, peer.Site, peer.Source, peer.Tls);

    public static string TextOf(SmtpReply? reply) => reply is null ? string.Empty
        : string.Join('\n', [reply.Code.ToString(CultureInfo.InvariantCulture), reply.Enhanced?.ToString() ?? string.Empty, .. reply.Lines]);

    private void Note(HandoffRecord record, (LeaseToken Lease, long Recipient) key)
    {
        switch (record.Mark)
        {
            case HandoffMark.Begun:
                _notes[key] = new HandoffNote(PeerOf(record.Text), null);
                break;
            case HandoffMark.NotSent:
                _notes.Remove(key);
                break;
            case HandoffMark.Sent when _notes.TryGetValue(key, out var begun):
                _notes[key] = begun with { Answer = new HandoffAnswer(true, ReplyOf(record.Text)) };
                break;
        }
    }

    private static HandoffPeer PeerOf(string text)
    {
        var parts = text.Split('\n');
        string? Part(int index) => index < parts.Length && parts[index].Length > 0 ? parts[index] : null;
        return new HandoffPeer(Part(0) ?? string.Empty, Part(1), Part(2) ?? string.Empty, Part(3) ?? string.Empty, Part(4));
    }

    private static SmtpReply ReplyOf(string text)
    {
        var parts = text.Split('\n');
        var code = int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is >= 200 and < 300 ? number : 250;
        var enhanced = parts.Length > 1 && EnhancedStatusCode.TryParse(parts[1], out var known) ? known : (EnhancedStatusCode?)null;
        return new SmtpReply(code, enhanced, parts[Math.Min(2, parts.Length)..]);
    }
}
