using Relay.Mail;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Unit;

/// <summary>How well reports are read and understood, measured on reports nobody of us wrote.</summary>
public sealed class BounceCorpusTests
{
    private const string Begin = "<!-- measured: begin -->\n";
    private const string End = "<!-- measured: end -->";

    [SharedDataFact("bounces-sisimai")]
    public void Recipients_are_found_and_hard_is_told_from_soft()
    {
        var corpus = BounceCorpus.Read();
        Assert.InRange(corpus.Share(row => row.IsRecipientRight), 99, 100);
        Assert.InRange(corpus.Share(row => row.IsHardnessRight), 98, 100);
        Assert.InRange(corpus.Share(row => row.IsClassRight), 93, 100);
    }

    [SharedDataFact("bounces-sisimai")]
    public void The_documented_table_is_what_was_measured()
    {
        var path = Path.Combine(TestData.Root, "docs", "bounces.md");
        var document = File.ReadAllText(path);
        var start = document.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length;
        var end = document.IndexOf(End, StringComparison.Ordinal);
        var measured = BounceCorpus.Read().ToMarkdown();
        if (Environment.GetEnvironmentVariable("RELAY_UPDATE_DOCS") == "1")
        {
            File.WriteAllText(path, document[..start] + measured + document[end..]);
            return;
        }

        Assert.Equal(measured, document[start..end]);
    }

    [SharedDataFact("bounces-sisimai")]
    public void No_bounce_is_made_of_what_is_none()
    {
        foreach (var name in new[] { "bounces-sisimai/not-a-bounce", "messages-mail-parser", "messages-mimekit", "dkim-mail-auth" })
        {
            foreach (var file in Files(name))
            {
                var report = ReportReader.Read(File.ReadAllBytes(file));

                // One set holds a few true reports, named so.
                var isReport = Path.GetFileName(file).StartsWith("bounce", StringComparison.Ordinal) || Path.GetFileName(file).StartsWith("delivery-status", StringComparison.Ordinal);
                Assert.True(report.Kind != ReportKind.Delivery || isReport, $"{file} was taken for a report");
            }
        }
    }

    [SharedDataFact("arf-mail-auth")]
    public void Complaints_of_another_set_are_read()
    {
        foreach (var file in Files("arf-mail-auth").Where(file => file.EndsWith(".eml", StringComparison.Ordinal)))
        {
            Assert.Equal(ReportKind.Feedback, ReportReader.Read(File.ReadAllBytes(file)).Kind);
        }
    }

    private static IEnumerable<string> Files(string name) =>
        TestData.FindShared(name) is { } folder ? Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories) : [];
}
