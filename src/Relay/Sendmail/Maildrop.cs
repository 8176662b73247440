using System.Text.Json;
using Relay.Mail;
using Relay.Senders;

namespace Relay;

/// <summary>The folder in which <c>sendmail</c> leaves messages while no server takes them: one file each, complete and synced before it has its name.</summary>
/// <remarks>A file is one line of JSON, the envelope, and then the content. Anybody may put files in; only the folder's owner sees them.</remarks>
internal sealed class Maildrop(string folder)
{
    private const string Ending = ".mail";
    private const UnixFileMode ReadableByServer =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    private const UnixFileMode AnybodyMayAdd =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute | UnixFileMode.StickyBit;

    public string Folder => folder;

    /// <summary>Makes the folder, where it is missing.</summary>
    /// <exception cref="IOException">It cannot be made.</exception>
    public void Create()
    {
        if (Directory.Exists(folder))
        {
            return;
        }

        Directory.CreateDirectory(folder);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(folder, AnybodyMayAdd);
        }
    }

    /// <summary>Keeps a message; after return it survives a crash.</summary>
    /// <exception cref="IOException">It was not kept.</exception>
    public void Add(SendmailMessage message)
    {
        var envelope = JsonSerializer.SerializeToUtf8Bytes(DroppedEnvelope.Of(message.Envelope));
        DurableFile.Write(
            Path.Combine(folder, Guid.NewGuid().ToString("N") + Ending), [.. envelope, (byte)'\n', .. message.Content], replace: false, ReadableByServer);
    }

    /// <summary>The files that wait, the oldest first.</summary>
    public IReadOnlyList<string> Waiting() => !Directory.Exists(folder) ? [] :
        [.. new DirectoryInfo(folder).EnumerateFiles("*" + Ending).OrderBy(file => file.LastWriteTimeUtc).Select(file => file.FullName)];

    /// <exception cref="FormatException">It is no file of this folder's making.</exception>
    public static SendmailMessage Read(byte[] file)
    {
        var end = file.AsSpan().IndexOf((byte)'\n');
        if (end < 0)
        {
            throw new FormatException("the file has no envelope");
        }

        try
        {
            return new SendmailMessage(JsonSerializer.Deserialize<DroppedEnvelope>(file.AsSpan(0, end))!.ToEnvelope(), file[(end + 1)..]);
        }
        catch (Exception wrong) when (wrong is JsonException or NullReferenceException)
        {
            throw new FormatException("the envelope cannot be read", wrong);
        }
    }

    private sealed record DroppedEnvelope(
        string? From, IReadOnlyList<string> To, BodyType Body, bool Utf8, DsnNotify Notify, DsnReturn Return, string? EnvelopeId)
    {
        public static DroppedEnvelope Of(Envelope envelope) => new(
            envelope.ReversePath.Mailbox?.ToString(),
            [.. envelope.Recipients.Select(recipient => recipient.Mailbox.ToString())],
            envelope.BodyType,
            envelope.SmtpUtf8,
            envelope.Recipients[0].Notify,
            envelope.Return,
            envelope.EnvelopeId);

        public Envelope ToEnvelope() => To.Count == 0 ? throw new FormatException("the envelope has no recipients") : new()
        {
            ReversePath = new ReversePath(From is null ? null : Mailbox.Parse(From)),
            Recipients = [.. To.Select(address => new EnvelopeRecipient(Mailbox.Parse(address)) { Notify = Notify })],
            BodyType = Body,
            SmtpUtf8 = Utf8,
            Return = Return,
            EnvelopeId = EnvelopeId,
        };
    }
}
