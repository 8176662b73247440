using System.IO.Compression;
using System.Text;
using Relay.Mail;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class AggregateReaderTests
{
    private const string Dmarc = """
        <?xml version="1.0" encoding="UTF-8"?>
        <feedback xmlns="urn:ietf:params:xml:ns:dmarc-2.0">
          <report_metadata><org_name>Receiver</org_name><email>r@example.net</email><report_id>42</report_id>
            <date_range><begin>1764460800</begin><end>1764547199</end></date_range></report_metadata>
          <policy_published><domain>Example.com</domain><p>none</p></policy_published>
          <record><row><source_ip>192.0.2.1</source_ip><count>7</count>
            <policy_evaluated><disposition>none</disposition><dkim>pass</dkim><spf>fail</spf></policy_evaluated></row>
            <identifiers><header_from>example.com</header_from></identifiers></record>
          <record><row><source_ip>2001:db8::1</source_ip><count>3</count>
            <policy_evaluated><disposition>reject</disposition><dkim>fail</dkim><spf>fail</spf></policy_evaluated></row></record>
        </feedback>
        """;

    [Theory]
    [InlineData("plain")]
    [InlineData("gzip")]
    [InlineData("zip")]
    public void Reads_dmarc_in_every_packing(string packing)
    {
        var message = Mail("receiver.example!example.com!1764460800!1764547199.xml", Pack(packing, Encoding.UTF8.GetBytes(Dmarc)));
        Assert.Equal(ReportKind.DmarcAggregate, ReportReader.Read(message).Kind);
        var report = AggregateReader.Read(MimeReader.Read(message))!;
        Assert.Equal(("example.com", "Receiver", "42", 10L, 7L), (report.Domain, report.Reporter, report.ReportId, report.Total, report.Passed));
        Assert.Equal(new AggregateRow("192.0.2.1", "none, dkim pass, spf fail, from example.com", 7, true), report.Rows[0]);
        Assert.Equal(DateTimeOffset.FromUnixTimeSeconds(1764460800), report.Begins);
    }

    [Fact]
    public void A_bomb_is_not_expanded()
    {
        var bomb = Pack("gzip", new byte[64 * 1024 * 1024]);
        Assert.True(bomb.Length < 128 * 1024);
        Assert.Null(AggregateReader.Read(MimeReader.Read(Mail("a!b!1!2.xml.gz", bomb))));
    }

    [Theory]
    [InlineData("<!DOCTYPE x [<!ENTITY a \"b\">]><feedback/>")]
    [InlineData("<feedback>")]
    [InlineData("no xml")]
    [InlineData("")]
    public void What_is_no_report_is_none(string xml) => Assert.Null(AggregateReader.Read(MimeReader.Read(Mail("a!b!1!2.xml", Encoding.UTF8.GetBytes(xml)))));

    [SharedDataFact("tlsrpt-mail-auth")]
    public void Reads_tls_reports_of_another_set()
    {
        var folder = TestData.FindShared("tlsrpt-mail-auth")!;
        var message = File.ReadAllBytes(Path.Combine(folder, "rpt01.eml"));
        Assert.Equal(ReportKind.TlsReport, ReportReader.Read(message).Kind);
        var report = AggregateReader.Read(MimeReader.Read(message))!;
        Assert.True(report.Total > 0);
        Assert.NotEmpty(report.Rows);
        foreach (var json in Directory.EnumerateFiles(folder, "*.json"))
        {
            var mail = Mail("reporter!example.org!1!2.tlsrpt.json", File.ReadAllBytes(json));
            Assert.NotNull(AggregateReader.Read(MimeReader.Read(mail)));
        }
    }

    private static byte[] Pack(string packing, byte[] content)
    {
        using var packed = new MemoryStream();
        if (packing == "gzip")
        {
            using var gzip = new GZipStream(packed, CompressionLevel.Optimal, leaveOpen: true);
            gzip.Write(content);
        }
        else if (packing == "zip")
        {
            using var archive = new ZipArchive(packed, ZipArchiveMode.Create, leaveOpen: true);
            using var entry = archive.CreateEntry("report.xml").Open();
            entry.Write(content);
        }
        else
        {
            packed.Write(content);
        }

        return packed.ToArray();
    }

    private static byte[] Mail(string fileName, byte[] content) => Encoding.ASCII.GetBytes(
        "From: reports@receiver.example\r\nSubject: Report Domain: example.com Submitter: receiver.example Report-ID: 42\r\nMIME-Version: 1.0\r\n"
        + $"Content-Type: application/octet-stream; name=\"{fileName}\"\r\nContent-Disposition: attachment; filename=\"{fileName}\"\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + Convert.ToBase64String(content, Base64FormattingOptions.InsertLineBreaks) + "\r\n");
}
