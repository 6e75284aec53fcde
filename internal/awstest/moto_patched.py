"""Start moto's server with what it does otherwise than AWS documents mended.

usage: python3 moto_patched.py -p PORT

Mended, each after the page of AWS's API reference that is named beside it, for moto 5.2.1.
"""

import json
import sys

import moto.cloudtrail.models as trail
import moto.iam.models as iam
import moto.kms.models as kms
import moto.logs.metric_filters as filters
import moto.s3.responses as s3
from moto.cloudtrail.responses import CloudTrailResponse
from moto.core.exceptions import JsonRESTError
from moto.server import main

Backend, Trail = trail.CloudTrailBackend, trail.Trail

# StartLogging, StopLogging and DeleteTrail take a name or an ARN.
Backend.start_logging = lambda self, name: self.get_trail(name).start_logging()
Backend.stop_logging = lambda self, name: self.get_trail(name).stop_logging()
Backend.delete_trail = lambda self, name: self.trails.pop(self.get_trail(name).trail_name, None)

# CreateTrail: a name is given once in a region.
create_trail = Backend.create_trail


def create_once(self, name, *args, **kwargs):
    if name in self.trails:
        raise JsonRESTError("TrailAlreadyExistsException", f"Trail {name} already exists for customer: {self.account_id}")
    return create_trail(self, name, *args, **kwargs)


Backend.create_trail = create_once


# SnsTopicName is the name or the ARN of a topic.
def topic_arn(self):
    name = self.sns_topic_name
    if not name:
        return None
    if name.startswith("arn:"):
        return name
    return f"arn:{self.partition}:sns:{self.region_name}:{self.account_id}:{name}"


Trail.topic_arn = property(topic_arn)


# GetTrail and DescribeTrails: HomeRegion is stated, and what a trail does not have is not.
describe = Trail.description


def description(self, include_region=False):
    said = describe(self, include_region=True)
    if not self.s3_key_prefix:
        said.pop("S3KeyPrefix", None)
    if not self.sns_topic_name:
        said.pop("SnsTopicName", None)
        said.pop("SnsTopicARN", None)
    said["HasCustomEventSelectors"] = bool(self.event_selectors or self.advanced_event_selectors)
    said["HasInsightSelectors"] = bool(self.insight_selectors)
    return {name: value for name, value in said.items() if value is not None}


Trail.description = description


# PutEventSelectors: one kind replaces the other.
def put_event_selectors(self, event_selectors, advanced_event_selectors):
    self.event_selectors = event_selectors or []
    self.advanced_event_selectors = [] if event_selectors else advanced_event_selectors or []


Trail.put_event_selectors = put_event_selectors


# GetEventSelectors: a trail for which none were put logs all management events.
def get_event_selectors(self):
    if self.event_selectors or self.advanced_event_selectors:
        return self.event_selectors, self.advanced_event_selectors
    default = {"ReadWriteType": "All", "IncludeManagementEvents": True, "DataResources": [], "ExcludeManagementEventSources": []}
    return [default], []


Trail.get_event_selectors = get_event_selectors


# PutInsightSelectors replaces; GetInsightSelectors of a trail without any is an error.
def put_insight_selectors(self, insight_selectors):
    self.insight_selectors = list(insight_selectors or [])


Trail.put_insight_selectors = put_insight_selectors
get_insights = CloudTrailResponse.get_insight_selectors


def get_insight_selectors(self):
    name = self._get_param("TrailName")
    found = self.cloudtrail_backend.get_trail(name)
    if not found.insight_selectors:
        raise JsonRESTError("InsightNotEnabledException", f"Trail {found.arn} does not have Insights enabled.")
    return get_insights(self)


CloudTrailResponse.get_insight_selectors = get_insight_selectors


# DescribeTrails: trailNameList is a filter.
describe_trails = CloudTrailResponse.describe_trails


def describe_named(self):
    names = self._get_param("trailNameList")
    if not names:
        return describe_trails(self)
    all_trails = self.cloudtrail_backend.describe_trails(True)
    return json.dumps({"trailList": [t.description(include_region=True) for t in all_trails if t.trail_name in names or t.arn in names]})


CloudTrailResponse.describe_trails = describe_named


# PutMetricFilter creates or updates a metric filter.
add_filter = filters.MetricFilters.add_filter


def replace_filter(self, filter_name, filter_pattern, log_group_name, metric_transformations):
    self.metric_filters = [
        f for f in self.metric_filters if (f["filterName"], f["logGroupName"]) != (filter_name, log_group_name)
    ]
    add_filter(self, filter_name, filter_pattern, log_group_name, metric_transformations)


filters.MetricFilters.add_filter = replace_filter

# x-amz-expected-bucket-owner: a bucket of another account is answered with 403.
bucket_response = s3.S3Response._bucket_response


def owned(self, request, full_url):
    wanted = request.headers.get("x-amz-expected-bucket-owner")
    name = self.parse_bucket_name_from_url(request, full_url)
    known = s3.s3_backends.bucket_accounts
    if wanted and name in known and known[name][1] != wanted:
        return 403, {}, "" if request.method == "HEAD" else "<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"
    return bucket_response(self, request, full_url)


s3.S3Response._bucket_response = owned

# CreateServiceLinkedRole: each service's role has the name that the service's guide states.
iam.SERVICE_NAME_CONVERSION.update(
    {"cloudtrail": "CloudTrail", "config": "Config", "guardduty": "AmazonGuardDuty", "securityhub": "SecurityHub"}
)


# EnableKey, DisableKey, ScheduleKeyDeletion and CancelKeyDeletion take an ID or an ARN.
def by_id(call):
    return lambda self, key_id, *args, **kwargs: call(self, self.get_key_id(key_id), *args, **kwargs)


for name in ("enable_key", "disable_key", "schedule_key_deletion", "cancel_key_deletion"):
    setattr(kms.KmsBackend, name, by_id(getattr(kms.KmsBackend, name)))

if __name__ == "__main__":
    main(sys.argv[1:])
