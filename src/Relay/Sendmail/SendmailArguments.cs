using Relay.Mail;

namespace Relay;

/// <summary>The command line of <c>sendmail</c> as programs have called it for decades; its options are no options of <c>relay</c>.</summary>
internal sealed record SendmailArguments
{
    /// <summary><c>-t</c>: recipients stand in To, Cc and Bcc.</summary>
    public bool ReadsRecipients { get; init; }

    /// <summary><c>-i</c>, <c>-oi</c>: a line with a dot alone is content.</summary>
    public bool IgnoresDots { get; init; }

    /// <summary><c>-bs</c>: SMTP on standard input and output.</summary>
    public bool SpeaksSmtp { get; init; }

    /// <summary><c>-bp</c>: what is in the queue.</summary>
    public bool ListsQueue { get; init; }

    /// <summary><c>-q…</c>: asks to run the queue, which runs by itself.</summary>
    public bool OnlyRunsQueue { get; init; }

    /// <summary><c>-f</c>, <c>-r</c>: null where none was given, empty for the null reverse-path.</summary>
    public string? Sender { get; init; }

    /// <summary><c>-F</c>: full name for a From field that has to be made.</summary>
    public string? FullName { get; init; }

    public DsnNotify Notify { get; init; }

    public DsnReturn Return { get; init; }

    /// <summary><c>-V</c>.</summary>
    public string? EnvelopeId { get; init; }

    /// <summary><c>-C FILE</c>, or <c>--config FILE</c>.</summary>
    public string? ConfigFile { get; init; }

    public IReadOnlyList<string> Recipients { get; init; } = [];

    /// <exception cref="UsageException">An option that cannot be obeyed and must not be ignored; the message is for the user.</exception>
    public static SendmailArguments Parse(IReadOnlyList<string> args)
    {
        var parsed = new SendmailArguments();
        var recipients = new List<string>();
        var words = new Queue<string>(args);
        while (words.TryDequeue(out var word))
        {
            if (word == "--")
            {
                recipients.AddRange(words);
                break;
            }

            if (word.StartsWith('-') && word.Length > 1)
            {
                parsed = parsed.With(word, words);
            }
            else
            {
                recipients.Add(word);
            }
        }

        return parsed with { Recipients = recipients };
    }

    private SendmailArguments With(string word, Queue<string> words) => word switch
    {
        "--config" => this with { ConfigFile = Value(word, string.Empty, words) },
        "-t" => this with { ReadsRecipients = true },
        "-i" or "-oi" => this with { IgnoresDots = true },
        "-ti" or "-it" => this with { ReadsRecipients = true, IgnoresDots = true },
        "-bs" => this with { SpeaksSmtp = true },
        "-bp" => this with { ListsQueue = true },
        "-bm" or "-G" or "-n" or "-U" or "-v" or "-m" or "-em" or "-ep" or "-eq" or "-ew" or "-ee" => this,
        _ => With(word[1], word[2..], word, words),
    };

    private SendmailArguments With(char letter, string attached, string word, Queue<string> words) => letter switch
    {
        'f' or 'r' => this with { Sender = Value(word, attached, words).Trim('<', '>') },
        'F' => this with { FullName = Value(word, attached, words) },
        'C' => this with { ConfigFile = Value(word, attached, words) },
        'V' => this with { EnvelopeId = Value(word, attached, words) },
        'N' => this with { Notify = ReadNotify(Value(word, attached, words)) },
        'R' => this with { Return = ReadReturn(Value(word, attached, words)) },
        'q' => this with { OnlyRunsQueue = true },
        // Options of sendmail itself: how errors are told, where its queue is. They take their value with them.
        'o' when attached.Length > 0 => this,
        'o' or 'O' or 'B' or 'h' or 'p' or 'X' or 'L' => Skip(word, attached, words),
        _ => throw new UsageException($"sendmail: {word} is not an option that is understood here"),
    };

    private SendmailArguments Skip(string word, string attached, Queue<string> words)
    {
        Value(word, attached, words);
        return this;
    }

    private static string Value(string word, string attached, Queue<string> words) =>
        attached.Length > 0 ? attached
        : words.TryDequeue(out var next) ? next
        : throw new UsageException($"sendmail: {word} needs a value");

    private static DsnNotify ReadNotify(string text)
    {
        var notify = DsnNotify.Unspecified;
        foreach (var word in text.Split(','))
        {
            notify |= word.Trim().ToLowerInvariant() switch
            {
                "never" => DsnNotify.Never,
                "success" => DsnNotify.Success,
                "failure" => DsnNotify.Failure,
                "delay" => DsnNotify.Delay,
                _ => throw new UsageException($"sendmail: -N {text}: use never, or success, failure and delay joined by commas"),
            };
        }

        return notify.HasFlag(DsnNotify.Never) && notify != DsnNotify.Never ? throw new UsageException("sendmail: -N: never stands alone") : notify;
    }

    private static DsnReturn ReadReturn(string text) => text.ToLowerInvariant() switch
    {
        "full" => DsnReturn.Full,
        "hdrs" => DsnReturn.Headers,
        _ => throw new UsageException($"sendmail: -R {text}: use full or hdrs"),
    };
}
