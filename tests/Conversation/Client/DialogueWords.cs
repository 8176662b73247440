using System.Globalization;
using System.Text;
using Relay.Mail;
using Relay.Smtp.Client;

namespace Relay.Tests.Conversation.Client;

/// <summary>The words of a directive: <c>word key=value key="value with \r\n"</c>.</summary>
internal sealed class DialogueWords
{
    private readonly Dictionary<string, string> _values = [];

    public string First { get; private set; } = string.Empty;

    public static DialogueWords Parse(string line)
    {
        var words = new DialogueWords();
        foreach (var word in Split(line))
        {
            var equals = word.IndexOf('=', StringComparison.Ordinal);
            var key = equals < 0 ? word : word[..equals];
            words._values[key] = equals < 0 ? string.Empty : Unescape(word[(equals + 1)..].Trim('"'));
            if (words.First.Length == 0)
            {
                words.First = key;
            }
        }

        return words;
    }

    public bool Has(string key) => _values.ContainsKey(key);

    public string Text(string key, string otherwise) => _values.GetValueOrDefault(key, otherwise);

    public int Number(string key, int otherwise) =>
        _values.TryGetValue(key, out var text) ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;

    public ClientTransaction Transaction()
    {
        var prefix = Encoding.Latin1.GetBytes(Text("prefix", string.Empty));
        var content = Encoding.Latin1.GetBytes(Text("content", "Subject: t\r\n\r\nhello\r\n") + new string('x', Number("bulk", 0)));
        return new ClientTransaction
        {
            Envelope = new Envelope
            {
                ReversePath = Text("from", "a@example.com") is { Length: > 0 } from ? new ReversePath(Mailbox.Parse(from)) : ReversePath.Null,
                Recipients = Recipients(),
                BodyType = Enum.Parse<BodyType>(Text("body", nameof(BodyType.SevenBit))),
                SmtpUtf8 = Has("smtputf8"),
                RequireTls = Has("requiretls"),
                Return = Enum.Parse<DsnReturn>(Text("ret", nameof(DsnReturn.Unspecified))),
                EnvelopeId = Has("envid") ? Text("envid", string.Empty) : null,
            },
            Prefix = prefix,
            Content = Has("stream") ? default : content,
            ContentStream = Has("stream") ? _ => ValueTask.FromResult<Stream>(new MemoryStream(content)) : null,
            SizeBytes = Number("size", prefix.Length + content.Length),
            UseChunking = Has("chunking"),
            UsePipelining = !Has("stepwise"),
        };
    }

    public static TimeSpan Duration(string text)
    {
        var number = double.Parse(text[..^1], CultureInfo.InvariantCulture);
        return text[^1] == 'm' ? TimeSpan.FromMinutes(number) : TimeSpan.FromSeconds(number);
    }

    /// <summary>Resolves \r, \n, \t, \\ and \xHH.</summary>
    public static string Unescape(string text)
    {
        var plain = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '\\')
            {
                plain.Append(text[i]);
                continue;
            }

            i++;
            switch (text[i])
            {
                case 'x':
                    plain.Append((char)int.Parse(text.AsSpan(i + 1, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture));
                    i += 2;
                    break;
                default:
                    plain.Append(text[i] switch { 'r' => '\r', 'n' => '\n', 't' => '\t', var c => c });
                    break;
            }
        }

        return plain.ToString();
    }

    /// <summary>The extensions in fixed order, for example <c>pipelining size=1000 auth=PLAIN,LOGIN</c>; <c>none</c> without any.</summary>
    public static string Describe(PeerExtensions extensions)
    {
        var words = new List<string>();
        Add(extensions.Pipelining, "pipelining");
        Add(extensions.EightBitMime, "8bitmime");
        Add(extensions.SmtpUtf8, "smtputf8");
        Add(extensions.StartTls, "starttls");
        Add(extensions.Chunking, "chunking");
        Add(extensions.BinaryMime, "binarymime");
        Add(extensions.Dsn, "dsn");
        Add(extensions.EnhancedStatusCodes, "enhancedstatuscodes");
        Add(extensions.RequireTls, "requiretls");
        Add(extensions.SizeAnnounced, "size" + (extensions.MaxSizeBytes is { } max ? string.Create(CultureInfo.InvariantCulture, $"={max}") : string.Empty));
        AddLimit(extensions.MaxTransactions, "mailmax");
        AddLimit(extensions.MaxRecipients, "rcptmax");
        AddLimit(extensions.MaxRecipientDomains, "rcptdomainmax");
        Add(extensions.AuthMechanisms.Count > 0, "auth=" + string.Join(',', extensions.AuthMechanisms));
        return words.Count == 0 ? "none" : string.Join(' ', words);

        void AddLimit(int? limit, string word) => Add(limit is not null, string.Create(CultureInfo.InvariantCulture, $"{word}={limit}"));

        void Add(bool isOffered, string word)
        {
            if (isOffered)
            {
                words.Add(word);
            }
        }
    }

    private List<EnvelopeRecipient> Recipients()
    {
        var notify = Enum.Parse<DsnNotify>(Text("notify", nameof(DsnNotify.Unspecified)));
        var original = Has("orcpt") ? Text("orcpt", string.Empty) : null;
        var mailboxes = Has("count")
            ? Enumerable.Range(1, Number("count", 0)).Select(static i => $"r{i}@example.net")
            : Text("to", "b@example.net").Split(',');
        return [.. mailboxes.Select(text => new EnvelopeRecipient(Mailbox.Parse(text)) { Notify = notify, OriginalRecipient = original })];
    }

    private static IEnumerable<string> Split(string line)
    {
        var start = 0;
        var isQuoted = false;
        for (var i = 0; i <= line.Length; i++)
        {
            if (i < line.Length && line[i] == '"')
            {
                isQuoted = !isQuoted;
            }

            if (i == line.Length || (line[i] == ' ' && !isQuoted))
            {
                if (i > start)
                {
                    yield return line[start..i];
                }

                start = i + 1;
            }
        }
    }
}
