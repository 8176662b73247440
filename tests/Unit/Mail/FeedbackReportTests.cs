using System.Text.Json;
using Relay.Mail;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class FeedbackReportTests
{
    public static TheoryData<string> Reports() =>
        [.. Directory.GetFiles(TestData.Path("arf-mail-auth"), "*.eml").Order().Select(path => Path.GetFileNameWithoutExtension(path))];

    [Theory]
    [MemberData(nameof(Reports))]
    public void Reads_the_fields_of_real_reports(string name)
    {
        var message = MimeReader.Read(File.ReadAllBytes(TestData.Path("arf-mail-auth", name + ".eml")));
        using var file = JsonDocument.Parse(File.ReadAllText(TestData.Path("arf-mail-auth", name + ".json")));
        var expected = file.RootElement;
        string? Text(string field) => expected.GetProperty(field).GetString();
        string[] Texts(string field) => [.. expected.GetProperty(field).EnumerateArray().Select(item => item.GetString()!)];

        Assert.True(FeedbackReport.TryRead(message, out var report));

        Assert.Equal(Text("feedback_type"), report.FeedbackType.Replace("-", string.Empty, StringComparison.Ordinal), ignoreCase: true);
        Assert.Equal(expected.GetProperty("arrival_date") is { ValueKind: JsonValueKind.Number } date ? date.GetInt64() : null, report.ArrivalDate?.ToUnixTimeSeconds());
        Assert.Equal(Text("original_envelope_id"), report.OriginalEnvelopeId);
        Assert.Equal(Text("original_mail_from")?.Trim('<', '>'), report.OriginalMailFrom);
        Assert.Equal(Text("original_rcpt_to")?.Trim('<', '>'), report.OriginalRecipients is [var recipient, ..] ? recipient : null);
        Assert.Equal(Texts("reported_domain"), report.ReportedDomains);
        Assert.Equal(Texts("reported_uri"), report.ReportedUris);
        Assert.Equal(Texts("authentication_results").Length, report.AuthenticationResults.Count);
        Assert.Equal(Text("source_ip"), report.SourceIp?.ToString());
        Assert.Equal(Text("user_agent"), report.UserAgent);
        Assert.Equal(expected.GetProperty("incidents").GetInt32(), report.Incidents);
        Assert.Equal(Text("auth_failure"), report.AuthFailure, ignoreCase: true);
        Assert.Equal(Text("dkim_domain"), report.DkimDomain);
        Assert.Equal(Text("dkim_selector"), report.DkimSelector);
        if (Text("headers") is { } headers)
        {
            Assert.Equal(headers.ReplaceLineEndings("\n"), System.Text.Encoding.UTF8.GetString(report.OriginalHeader.Bytes.Span).ReplaceLineEndings("\n"));
        }
    }

    [Fact]
    public void Reads_none_where_there_is_none()
    {
        Assert.False(FeedbackReport.TryRead(MimeReader.Read("Subject: x\n\nFeedback-Type: abuse\n"u8.ToArray()), out _));
    }
}
